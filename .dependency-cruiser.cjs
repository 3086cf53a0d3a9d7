/** The directions of the design: apps → libs, never back; each lib is entered through its index.ts; no circles. */
const libs = (...names) => names.map((n) => `^libs/${n}/`).join('|');
const mayImport = (lib, ...allowed) => ({
  name: `libs-${lib}-direction`,
  severity: 'error',
  comment: `libs/${lib} may import only ${allowed.length ? allowed.join(', ') : 'nothing of ours'}.`,
  from: { path: `^libs/${lib}/`, pathNot: '\\.(spec|suite)\\.ts$' },
  to: { path: '^(libs|apps|test)/', pathNot: libs(lib, ...allowed) },
});

module.exports = {
  forbidden: [
    { name: 'no-circular', severity: 'error', from: {}, to: { circular: true } },
    { name: 'no-orphan-import', severity: 'error', from: {}, to: { couldNotResolve: true } },
    { name: 'libs-never-import-apps', severity: 'error', from: { path: '^libs/' }, to: { path: '^apps/' } },
    {
      name: 'no-app-imports-another',
      severity: 'error',
      from: { path: '^apps/([^/]+)/', pathNot: '^apps/standalone/' },
      to: { path: '^apps/([^/]+)/', pathNot: '^apps/$1/' },
    },
    {
      name: 'libs-only-through-their-index',
      severity: 'error',
      from: { path: '^(apps|libs)/([^/]+)/' },
      to: { path: '^libs/([^/]+)/src/', pathNot: '^libs/$2/src/' },
    },
    mayImport('actor'),
    mayImport('protocol'),
    mayImport('contract', 'mesh'),
    mayImport('net'),
    mayImport('redis', 'net'),
    mayImport('mesh', 'actor', 'net', 'redis'),
    mayImport('engine', 'redis'),
    mayImport('service', 'actor', 'mesh', 'engine'),
    mayImport('client', 'protocol'),
    {
      name: 'kernel-knows-no-framework',
      severity: 'error',
      comment: 'The actor kernel imports neither Nest nor Redis; the Nest module beside it does.',
      from: { path: '^libs/actor/src/', pathNot: '^libs/actor/src/nest/|\\.spec\\.ts$' },
      to: { path: '@nestjs|ioredis' },
    },
    {
      name: 'runs-in-browsers',
      severity: 'error',
      comment: 'libs/protocol and libs/client run in browsers as well.',
      from: { path: '^libs/(protocol|client)/src/', pathNot: '\\.spec\\.ts$' },
      to: { dependencyTypes: ['core'] },
    },
    {
      name: 'only-testing-uses-testing',
      severity: 'error',
      from: { path: '^(apps|libs)/', pathNot: '\\.spec\\.ts$|^libs/testing/|\\.suite\\.ts$' },
      to: { path: '^libs/testing/' },
    },
  ],
  options: {
    doNotFollow: { path: 'node_modules' },
    exclude: { path: '^(dist|node_modules|coverage)/' },
    parser: 'swc',
    tsPreCompilationDeps: true,
    tsConfig: { fileName: 'tsconfig.json' },
    enhancedResolveOptions: {
      extensions: ['.ts', '.js', '.json'],
      conditionNames: ['source', 'import', 'node', 'default'],
    },
  },
};
