export { VARIABLES, COMMON_VARIABLES, type VariableName, type CommonVariable } from './src/config/variables.js';
export { APPS, type App, type Variable } from './src/config/variable.js';
export { ConfigError, type ConfigProblem } from './src/config/config-error.js';
export { readConfig, type Config } from './src/config/read-config.js';
export { configurationTable } from './src/config/configuration-table.js';
export { CLOCK, CONFIG, ENGINE, MESH } from './src/tokens.js';
export { Stats } from './src/observe/stats.js';
export { Metrics } from './src/observe/metrics.js';
export { Readiness, type Phase, type ReadinessCheck } from './src/health/readiness.js';
