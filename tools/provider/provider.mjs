// oidc-provider (an OpenID Connect provider that is not ours) on loopback, for tests/integration/test_foreign_provider.py.
//   node provider.mjs PORT REDIRECT_URI ACCOUNTS     ACCOUNTS: JSON, login -> {agency, roles}
// It is run in the folder where its package is installed. Its own development pages take any password.
import { createRequire } from "node:module";
import { generateKeyPairSync } from "node:crypto";
import { pathToFileURL } from "node:url";

const require = createRequire(`${process.cwd()}/`);
const { Provider } = await import(pathToFileURL(require.resolve("oidc-provider")));

const [port, redirect, people] = process.argv.slice(2);
const accounts = JSON.parse(people);
const { privateKey } = generateKeyPairSync("ec", { namedCurve: "P-256" });
const key = { ...privateKey.export({ format: "jwk" }), kid: "theirs", use: "sig", alg: "ES256" };
const client = {
  redirect_uris: [redirect],
  response_types: ["code"],
  grant_types: ["authorization_code"],
  id_token_signed_response_alg: "ES256",
};

const provider = new Provider(`http://127.0.0.1:${port}`, {
  jwks: { keys: [key] },
  cookies: { keys: ["of-a-test"] },
  conformIdTokenClaims: false,
  claims: { openid: ["sub", "agency", "roles"] },
  findAccount: (_, sub) => ({ accountId: sub, claims: () => ({ sub, ...accounts[sub] }) }),
  clients: [
    { ...client, client_id: "accord-public", token_endpoint_auth_method: "none" },
    { ...client, client_id: "accord-secret", client_secret: "a secret, of a test/+%" },
  ],
});
provider.listen(Number(port), "127.0.0.1", () => console.log("ready"));
