import './node-version.mjs';
import { existsSync, readFileSync, readdirSync } from 'node:fs';
import { containerFaults } from './containers.mjs';
import { inRoot } from './root.mjs';

const read = (file) => JSON.parse(readFileSync(inRoot(file), 'utf8'));
const foldersIn = (folder) =>
  readdirSync(inRoot(folder), { withFileTypes: true })
    .filter((entry) => entry.isDirectory())
    .map((entry) => `${folder}/${entry.name}`);

const apps = foldersIn('apps');
const libs = foldersIn('libs');
const projects = Object.values(read('nest-cli.json').projects).map((project) => project.root);
const imports = Object.keys(read('package.json').imports);

const dockerfile = (path) => readFileSync(inRoot(path, 'Dockerfile'), 'utf8');
/** The Dockerfile of an app that is a service, without what is its own: its name, its port, Node's flags, and the directory of standalone. */
const commonDockerfile = (path) =>
  dockerfile(path)
    .replace(/^# The flags: .*\n|"--[\w=-]+", /gm, '')
    .replaceAll(path.replace('apps/', ''), 'APP')
    .replace(/80\d\d/g, 'PORT')
    .replace(/ DATA_DIR=.*|^RUN mkdir .*\n|^VOLUME .*\n/gm, '');
const services = apps.filter((path) => path !== 'apps/cli' && existsSync(inRoot(path, 'Dockerfile')));
const differing = services.filter((path) => commonDockerfile(path) !== commonDockerfile(services[0]));

/** By hand an app runs as in its image, with the same flags of Node. */
const { scripts } = read('package.json');
const startedOtherwise = services.filter((path) => {
  const app = path.replace('apps/', '');
  const script = scripts[`start:${app}`];
  const [, command = '[]'] = /^CMD (\[.*\])$/m.exec(dockerfile(path)) ?? [];
  return script !== undefined && script !== [...JSON.parse(command).slice(0, -1), '.dev/start.mjs', app].join(' ');
});

const faults = [
  ...[...apps, ...libs].filter((path) => !projects.includes(path)).map((path) => `nest-cli.json does not name ${path}`),
  ...projects
    .filter((path) => !existsSync(inRoot(path)))
    .map((path) => `nest-cli.json names ${path}, which is not there`),
  ...libs
    .filter((path) => !imports.includes(path.replace('libs/', '#')))
    .map((path) => `package.json imports lack ${path}`),
  ...libs.filter((path) => !existsSync(inRoot(path, 'index.ts'))).map((path) => `${path} has no index.ts`),
  ...libs.filter((path) => !existsSync(inRoot(path, 'README.md'))).map((path) => `${path} has no README.md`),
  ...apps.filter((path) => !existsSync(inRoot(path, 'Dockerfile'))).map((path) => `${path} has no Dockerfile`),
  ...startedOtherwise.map((path) => `package.json starts ${path} with other flags than its Dockerfile`),
  ...differing.map((path) => `${path}/Dockerfile is not the text of ${services[0]}/Dockerfile`),
  ...containerFaults(apps),
];

/* What the house says of itself is true: each app and lib is named where it must be, and has what each has. */
for (const fault of faults) process.stderr.write(`${fault}\n`);
process.exitCode = faults.length === 0 ? 0 : 1;
