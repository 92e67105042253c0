// Evaluates expressions with the npm package as it is: node expressions.js FOLDER_OF_THE_PACKAGE.
// A JSON list of [expression, bindings] on standard input, a JSON list on standard output: {"value"}, {} or {"error"}.
// $parse is AWS's own (JSON text to value); no other function that AWS adds is used by a shipped machine.
'use strict';

const fs = require('node:fs');
const jsonata = require(process.argv[2]);

async function answer([text, bindings]) {
  try {
    const value = await jsonata(text).evaluate(undefined, { ...bindings, parse: (json) => JSON.parse(json) });
    return value === undefined ? {} : { value };
  } catch (error) {
    return { error: error.code || 'no code' };
  }
}

const asked = JSON.parse(fs.readFileSync(0, 'utf8'));
Promise.all(asked.map(answer)).then((found) => process.stdout.write(JSON.stringify(found)));
