export { PlainCommand, type Answered, type Argument } from './src/plain-command.js';
