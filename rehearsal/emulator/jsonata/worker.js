// Evaluates JSONata for the emulated Step Functions: node worker.js FOLDER_OF_THE_NPM_PACKAGE.
// One JSON request a line on standard input, one JSON answer a line on standard output, in order, until input closes.
//   {"compile": [text, ...]}                        -> [null | "why it cannot be parsed", ...]
//   {"evaluate": [text, ...], "bindings": {...}}    -> [outcome, ...] up to the first that is no value
// An outcome is {"value": ...}, {"undefined": true}, {"unsupported": true} or {"error": "CODE: message"}.
'use strict';

const readline = require('node:readline');

const jsonata = require(process.argv[2]);
const { register } = require('./functions.js');

const KEPT = 2000;
const compiled = new Map();

function compile(text) {
  const known = compiled.get(text);
  if (known) return known;
  const expression = jsonata(text);
  register(expression);
  if (compiled.size >= KEPT) compiled.delete(compiled.keys().next().value);
  compiled.set(text, expression);
  return expression;
}

function said(error) {
  const message = error && error.message ? error.message : String(error);
  return error && error.code ? `${error.code}: ${message}` : message;
}

function parsing(text) {
  try {
    compile(text);
    return null;
  } catch (error) {
    return said(error);
  }
}

async function evaluate(text, bindings) {
  let result;
  try {
    result = await compile(text).evaluate(undefined, bindings);
  } catch (error) {
    return { error: said(error) };
  }
  if (result === undefined) return { undefined: true };
  return isJson(result) ? { value: result } : { unsupported: true };
}

// A function, also one deep inside, and a number without a JSON form are no data.
function isJson(value) {
  if (value === undefined || value === null || typeof value === 'string' || typeof value === 'boolean') return true;
  if (typeof value === 'number') return Number.isFinite(value);
  if (typeof value !== 'object' || value._jsonata_lambda || value._jsonata_function) return false;
  if (Array.isArray(value)) return value.every((item) => item !== undefined && isJson(item));
  return Object.values(value).every(isJson);
}

async function answer(request) {
  if (request.compile) return request.compile.map(parsing);
  const outcomes = [];
  for (const text of request.evaluate) {
    const outcome = await evaluate(text, request.bindings);
    outcomes.push(outcome);
    if (!('value' in outcome)) break;
  }
  return outcomes;
}

async function main() {
  for await (const line of readline.createInterface({ input: process.stdin, crlfDelay: Infinity })) {
    process.stdout.write(`${JSON.stringify(await answer(JSON.parse(line)))}\n`);
  }
}

main();
