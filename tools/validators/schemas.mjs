// Validates every JSON Schema of a folder with ajv (2020-12, strict), and every golden event by its schema.
// node schemas.mjs SCHEMAS GOLDEN   (modules are looked up from the working directory)
import { readdirSync, readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { join } from "node:path";

const require = createRequire(join(process.cwd(), "package.json"));
const Ajv2020 = require("ajv/dist/2020").default;
const addFormats = require("ajv-formats").default;

const [schemas, golden] = process.argv.slice(2);
const json = (folder, name) => JSON.parse(readFileSync(join(folder, name), "utf8"));
const listed = (folder) => readdirSync(folder).filter((name) => name.endsWith(".json")).sort();

const ajv = new Ajv2020({ strict: true, strictRequired: false, allowUnionTypes: true, allErrors: true });
addFormats(ajv);
let wrong = 0;
const told = (what, errors) => {
  wrong += 1;
  console.error(`${what}: ${errors}`);
};

const names = listed(schemas);
for (const name of names) {
  try {
    ajv.addSchema(json(schemas, name), name);
    ajv.getSchema(name);
  } catch (error) {
    told(name, error.message);
  }
}
const events = listed(golden);
for (const name of events) {
  const event = json(golden, name);
  const validate = ajv.getSchema(`/schemas/${event.type}.json`);
  if (!validate) told(name, "no schema of its type");
  else if (!validate(event)) told(name, ajv.errorsText(validate.errors));
}
if (names.length === 0 || events.length === 0) told(schemas, "nothing to validate");
console.error(`ajv: ${names.length} schemas, ${events.length} golden events, ${wrong} wrong`);
process.exit(wrong ? 1 : 0);
