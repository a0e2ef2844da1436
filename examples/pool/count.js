// The lines of each file whose name comes in: one reply a name.
//
//     fanfold run src --pool -- node examples/pool/count.js
const { readFileSync } = require("node:fs");
const { createInterface } = require("node:readline");

createInterface({ input: process.stdin }).on("line", (name) => {
  const bytes = readFileSync(name);
  let lines = 0;
  for (const byte of bytes) if (byte === 10) lines++;
  console.log(`${lines}\t${name}`);
});
