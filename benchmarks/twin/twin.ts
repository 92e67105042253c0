// The same templates from TypeScript: every resource stated once, with no constructs of ours and no Python.
// A lower bound of what the app would cost in CDK's own language. Node strips the types by itself.
import { readFileSync, readdirSync } from "node:fs";
import { createRequire } from "node:module";
import { join } from "node:path";
import type { App as AppType, Stack as StackType } from "aws-cdk-lib";

const require = createRequire(import.meta.url);
const cdk = require("aws-cdk-lib") as typeof import("aws-cdk-lib");

type Section = Record<string, Record<string, unknown>>;
interface Template {
  Resources: Section;
  Outputs?: Section;
  Mappings?: Record<string, Record<string, Record<string, string>>>;
  Conditions?: Section;
  Parameters?: Section;
  Description?: string;
}

const MADE_BY_THE_SYNTHESIZER = ["BootstrapVersion"];
const [source, target] = process.argv.slice(2) as [string, string];

function build(app: AppType, name: string, template: Template): StackType {
  const stack = new cdk.Stack(app, name, { description: template.Description });
  for (const [id, mapping] of Object.entries(template.Mappings ?? {})) {
    new cdk.CfnMapping(stack, id, { mapping }).overrideLogicalId(id);
  }
  for (const [id, body] of Object.entries(template.Parameters ?? {})) {
    if (MADE_BY_THE_SYNTHESIZER.includes(id)) continue;
    new cdk.CfnParameter(stack, id, { type: body["Type"] as string, default: body["Default"] }).overrideLogicalId(id);
  }
  for (const [id, expression] of Object.entries(template.Conditions ?? {})) {
    const condition = { disambiguator: true, resolve: () => expression, creationStack: [], toString: () => id };
    new cdk.CfnCondition(stack, id, { expression: condition as never }).overrideLogicalId(id);
  }
  for (const [id, body] of Object.entries(template.Resources)) {
    const { Type, Properties, ...rest } = body;
    const resource = new cdk.CfnResource(stack, id, { type: Type as string, properties: Properties as never });
    resource.overrideLogicalId(id);
    for (const [key, value] of Object.entries(rest)) resource.addOverride(key, value);
  }
  for (const [id, body] of Object.entries(template.Outputs ?? {})) {
    const exported = (body["Export"] as { Name?: string } | undefined)?.Name;
    const output = new cdk.CfnOutput(stack, `Output${id}`, {
      value: body["Value"] as string,
      description: body["Description"] as string | undefined,
      exportName: exported,
    });
    output.overrideLogicalId(id);
  }
  return stack;
}

const app = new cdk.App({ outdir: target, context: { "aws:cdk:disable-creation-stack-traces": true } });
for (const file of readdirSync(source).filter((name) => name.endsWith(".template.json")).sort()) {
  build(app, file.replace(".template.json", ""), JSON.parse(readFileSync(join(source, file), "utf8")) as Template);
}
app.synth();
