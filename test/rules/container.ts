/** The image has everything that the program reads and nothing that it must not have; the compose file keeps its limits. */
import { posix } from 'node:path';
import t from 'tap';
import { options } from '../../runtime/options.ts';
import { read } from '../support/docs.ts';
import { readFiles } from '../support/source-files.ts';

const dockerfile = read('Dockerfile');
const lines = dockerfile
  .replace(/\\\n/g, ' ')
  .split('\n')
  .filter((line) => /^[A-Z]/.test(line));
const lastStage = lines.slice(lines.findLastIndex((line) => line.startsWith('FROM ')));

/** What the last stage takes from the project. */
const copied = lastStage.flatMap((line) => {
  const [, sources = ''] = /^COPY (?!--from)(.+) \S+$/.exec(line) ?? [];
  return sources.split(' ').filter((source) => source !== '');
});

/** Project paths that the program reads: imports, and files beside them. */
function pathsRead(): Set<string> {
  const paths = new Set<string>();
  for (const [file, text] of readFiles(/^(machines|actors|runtime)\/.*\.(ts|js)$/)) {
    for (const [, named = ''] of text.matchAll(
      /(?:from |import\()'(\.[^']+)'|new URL\('([^']+)', import\.meta\.url\)/g,
    )) {
      paths.add(posix.join(posix.dirname(file), named));
    }
    for (const [, named = ''] of text.matchAll(/new URL\('(\.[^']*)', import\.meta\.url\)/g)) {
      paths.add(posix.join(posix.dirname(file), named));
    }
  }
  return paths;
}

const isUnder = (path: string, folders: readonly string[]): boolean =>
  folders.some((folder) => path === folder || path.startsWith(`${folder}/`));

void t.test('every file that the program reads is copied, and let in by .dockerignore', async (t) => {
  const paths = [...pathsRead()].filter((path) => !path.startsWith('node_modules'));
  t.ok(paths.length > 100);
  const ignored = read('.dockerignore').split('\n');
  const letIn = ignored.filter((line) => line.startsWith('!')).map((line) => line.slice(1));
  t.equal(ignored[0], '*', 'nothing is sent to the builder unless it is named');
  for (const path of paths) {
    t.ok(isUnder(path, copied), `${path} is copied`);
    t.ok(isUnder(path, letIn), `${path} is let in`);
  }
  t.notOk(isUnder('test/harness.ts', copied), 'the rule sees what is not there');
});

void t.test('the image runs without rights, from named versions, and holds no secret', async (t) => {
  t.match(
    lastStage.findLast((line) => line.startsWith('USER ')),
    /^USER (?!root|0)\w+$/,
  );
  t.notMatch(dockerfile, /^ADD /m, 'nothing is fetched by ADD');
  t.notMatch(dockerfile, /(curl|wget|https?:\/\/)/, 'nothing is downloaded past the package managers');
  for (const line of lines.filter((each) => each.startsWith('FROM '))) t.match(line, /^FROM \S+:\d[\w.-]+/);
  t.notMatch(dockerfile, /^(ARG|ENV).*(SECRET|KEY|TOKEN|PASSWORD)/m);
  t.match(dockerfile, /npm ci .*--ignore-scripts/, 'no install script runs');
  t.notMatch(lastStage.join('\n'), /npm /, 'nothing is built in the image that runs');
});

void t.test('the image is watched and stopped in order', async (t) => {
  t.ok(lastStage.includes('STOPSIGNAL SIGTERM'));
  t.match(lastStage.at(-1), /^CMD \[/, 'the program gets the signals itself');
  t.match(dockerfile, /HEALTHCHECK .*\s+CMD \["node", "runtime\/healthcheck\.ts"\]/);
  const ports = [options.RTMP_PORT, options.HTTP_PORT, options.ADMIN_PORT].map(({ fallback }) => fallback);
  t.ok(lastStage.includes(`EXPOSE ${ports.join(' ')}`));
});

void t.test('the compose file of the README has every limit', async (t) => {
  const [, compose = ''] = /```yaml\n(services:[^]*?)```/.exec(read('README.md')) ?? [];
  const needed = [
    ...['read_only: true', 'cap_drop: [ALL]', 'no-new-privileges:true', 'pids_limit: ', 'mem_limit: ', 'tmpfs: '],
    ...['env_file: ', 'captiond-data:/data', 'stop_grace_period: ', 'nofile: '],
  ];
  for (const each of needed) t.match(compose, each);
  t.notMatch(compose, /network_mode|privileged:|(SECRET|KEY)[:=] *\w/, 'no open door, no secret');
});
