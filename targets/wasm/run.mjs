// run.mjs MODULE.wasm FILE.jsonl: prints the module's decision of each line.
import { readFileSync } from 'node:fs';

const [code, lines] = process.argv.slice(2).map((file) => readFileSync(file));
const module = new WebAssembly.Module(code);
// It can reach nothing but its own memory: no clock, no randomness, no I/O.
const imports = WebAssembly.Module.imports(module);
if (imports.length > 0) throw new Error(`the module imports ${JSON.stringify(imports)}`);

const { memory, room, decide } = new WebAssembly.Instance(module).exports;
const input = room(lines.length);
new Uint8Array(memory.buffer, input, lines.length).set(lines);
const output = BigInt.asUintN(64, decide(input, lines.length));
const bytes = new Uint8Array(memory.buffer, Number(output >> 32n), Number(output & 0xffffffffn));
process.stdout.write(bytes);
