// judge.mjs FILE.jsonl [--core=STATUS]: prints what the SDK answers to each line, in order.
// STATUS is what the core says when it is asked to verify (TRY_REFRESH_TOKEN if not given); with it,
// only the lines are printed for which the core is asked, and not what it is asked.
import { readLines } from './lines.mjs';
import { startCore } from './core.mjs';
import { configuration, judge, version } from './sdk.mjs';

const [file, ...flags] = process.argv.slice(2);
const status = flags.find((flag) => flag.startsWith('--core='))?.slice('--core='.length);
const lines = readLines(file);
// Configuring the SDK takes longer than a line does.
const order = lines.map((line, at) => ({ line, at, configuration: configuration(line) }));
order.sort((a, b) => (a.configuration === b.configuration ? a.at - b.at : a.configuration < b.configuration ? -1 : 1));

const core = await startCore({ status: status ?? 'TRY_REFRESH_TOKEN', message: 'the core says so' });
const begun = performance.now();
const counts = {};
const answers = [];
try {
  for (const { line, at } of order) {
    const answer = await judge(line, core);
    counts[answer.status] = (counts[answer.status] ?? 0) + 1;
    const { core_call: asked, ...rest } = answer;
    if (status === undefined) answers[at] = JSON.stringify(answer);
    else if (asked !== undefined) answers[at] = JSON.stringify(rest);
  }
} finally {
  await core.stop();
}
process.stdout.write(answers.map((answer) => `${answer}\n`).join(''));
const seconds = ((performance.now() - begun) / 1000).toFixed(1);
console.error(`supertokens-node ${version}: ${lines.length} answers in ${seconds} s: ${JSON.stringify(counts)}`);
// The SDK may keep a connection or a timer.
process.exitCode = 0;
