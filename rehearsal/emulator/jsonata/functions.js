// The functions that Step Functions adds to JSONata, and the one that it takes away.
// https://docs.aws.amazon.com/step-functions/latest/dg/transforming-data.html#jsonata-functions-provided-by-sfn
'use strict';

const crypto = require('node:crypto');

const DIGESTS = { MD5: 'md5', 'SHA-1': 'sha1', 'SHA-256': 'sha256', 'SHA-384': 'sha384', 'SHA-512': 'sha512' };
const LONGEST_RANGE = 1e7; // as that of JSONata's own [first..last]

function partition(array, size) {
  if (array === undefined || size === undefined) return undefined;
  const step = Math.floor(size);
  if (step < 1) throw problem('$partition', `the chunk size must be at least 1, but was ${size}`);
  const chunks = [];
  for (let index = 0; index < array.length; index += step) chunks.push(array.slice(index, index + step));
  return chunks;
}

// Recorded: $range(1, 9, 9) is 1 and not [1]. The result is a JSONata sequence, as that of every path is.
function range(first, last, step) {
  if (first === undefined || last === undefined || step === undefined) return undefined;
  const [start, end, stride] = [first, last, step].map(Math.floor);
  if (stride === 0) throw problem('$range', 'the step must not be 0');
  if (Math.abs(end - start) / Math.abs(stride) > LONGEST_RANGE) throw problem('$range', `more than ${LONGEST_RANGE} items`);
  const values = [];
  for (let value = start; stride > 0 ? value <= end : value >= end; value += stride) values.push(value);
  Object.defineProperty(values, 'sequence', { enumerable: false, value: true });
  return values;
}

function hash(content, algorithm) {
  if (content === undefined || algorithm === undefined) return undefined;
  const digest = Object.hasOwn(DIGESTS, algorithm) ? DIGESTS[algorithm] : undefined;
  if (!digest) throw problem('$hash', `the algorithm must be one of ${Object.keys(DIGESTS).join(', ')}`);
  return crypto.createHash(digest).update(content, 'utf8').digest('hex');
}

// The same seed gives the same number, as AWS says; which number it is on AWS is not documented.
function random(seed) {
  if (seed === undefined) return Math.random();
  const digest = crypto.createHash('sha256').update(String(Math.floor(seed))).digest();
  return digest.readUIntBE(0, 6) / 2 ** 48;
}

function parse(text) {
  if (text === undefined) return undefined;
  try {
    return plainZero(JSON.parse(text));
  } catch (error) {
    throw problem('$parse', error.message);
  }
}

function plainZero(value) {
  return value === 0 ? 0 : value; // recorded: $parse('-0') is 0
}

function problem(name, message) {
  return Object.assign(new Error(`${name}: ${message}`), { code: 'D3137' });
}

function register(expression) {
  expression.registerFunction('partition', partition, '<an:a>');
  expression.registerFunction('range', range, '<nnn:x>');
  expression.registerFunction('hash', hash, '<ss:s>');
  expression.registerFunction('random', random, '<n?:n>');
  expression.registerFunction('uuid', () => crypto.randomUUID(), '<:s>');
  expression.registerFunction('parse', parse, '<s:x>');
  expression.assign('eval', undefined);
}

module.exports = { register };
