// Decides generated cases with @cloud-copilot/iam-simulate: node decide.js FOLDER_OF_NODE_MODULES.
// A JSON list of cases on standard input, a JSON list on standard output: Allow, Deny, ImplicitDeny or {"error": text}.
// Its checked entry drops condition keys that an action is not documented with, and its unchecked one drops session
// policies: so the engine below both is called.
'use strict';

const fs = require('node:fs');
const { createRequire } = require('node:module');
const path = require('node:path');

const simulator = path.resolve(process.argv[2], '@cloud-copilot', 'iam-simulate', 'dist', 'cjs');
const inside = createRequire(path.join(simulator, 'index.js'));
const { loadPolicy } = inside('@cloud-copilot/iam-policy');
const { authorize } = inside('./core_engine/CoreSimulatorEngine.js');
const { AwsRequestImpl } = inside('./request/request.js');
const { RequestContextImpl } = inside('./requestContext.js');
const { DiscoveryContextKeyConstraints } = inside('./context_keys/discoveryContextKeyConstraints.js');

const ACCOUNT = '123456789012';
const ANSWERS = { Allowed: 'Allow', ExplicitlyDenied: 'Deny', ImplicitlyDenied: 'ImplicitDeny' };
const policy = (document) => (document ? loadPolicy(document, { name: 'generated' }) : undefined);

function decide(one) {
  const context = new RequestContextImpl(one.keys);
  const request = new AwsRequestImpl(one.principal, { resource: one.resource, accountId: ACCOUNT }, one.action, context);
  const { result } = authorize({
    request,
    sessionPolicy: policy(one.session),
    identityPolicies: one.identity.map(policy),
    serviceControlPolicies: [],
    resourceControlPolicies: [],
    resourcePolicy: policy(one.resource_policy),
    permissionBoundaries: one.boundary ? [policy(one.boundary)] : undefined,
    vpcEndpointPolicies: undefined,
    simulationParameters: {
      simulationMode: 'Strict',
      discoveryContextKeyConstraints: new DiscoveryContextKeyConstraints([]),
    },
    serviceSettings: {},
  });
  return ANSWERS[result] || { error: `unknown answer ${result}` };
}

function answer(one) {
  try {
    return decide(one);
  } catch (error) {
    return { error: String(error && error.message) };
  }
}

process.stdout.write(JSON.stringify(JSON.parse(fs.readFileSync(0, 'utf8')).map(answer)));
