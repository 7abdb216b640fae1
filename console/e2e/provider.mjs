// A real OpenID provider on loopback (oidc-provider) with a login page of its own, and what a test needs beyond it: other keys, and forged tokens.
import { createServer } from "node:http";
import { randomUUID } from "node:crypto";
import { exportJWK, generateKeyPair, SignJWT } from "jose";
import Provider from "oidc-provider";

const CLIENT = { id: "waypost", secret: "a secret of the provider's alone" };

/** Who can sign in, and their groups. */
const PEOPLE = {
  ana: { name: "Ana Ops", email: "ana@contoso.example", email_verified: true, groups: ["ops", "everybody"] },
  sam: { name: "Sam Support", email: "sam@contoso.example", email_verified: true, groups: ["support"] },
  eve: { name: "Eve <b>Elsewhere</b>", email: "eve@contoso.example", email_verified: true, groups: ["sales & co", "everybody"] },
};

async function key(algorithm, id) {
  const { privateKey } = await generateKeyPair(algorithm, { extractable: true });
  return { ...(await exportJWK(privateKey)), kid: id, alg: algorithm, use: "sig" };
}

/** Starts a provider at a port. */
export async function startProvider({ port, base }) {
  const issuer = `http://localhost:${port}`;
  let [forge, provider, keys, algorithm] = [undefined, undefined, [], "RS256"];
  const renew = (signing) => {
    algorithm = signing;
    provider = new Provider(issuer, {
      clients: [{
        client_id: CLIENT.id, client_secret: CLIENT.secret, redirect_uris: [`${base}/api/v2/console/sign-in/oidc/callback`], post_logout_redirect_uris: [`${base}/sign-in`],
        token_endpoint_auth_method: "client_secret_post", id_token_signed_response_alg: signing, grant_types: ["authorization_code"], response_types: ["code"],
      }],
      jwks: { keys },
      enabledJWA: { idTokenSigningAlgValues: ["RS256", "ES256", "EdDSA", "HS256"] },
      claims: { openid: ["sub", "groups"], profile: ["name"], email: ["email", "email_verified"] },
      // Claims are in the ID token, as with most providers.
      conformIdTokenClaims: false,
      cookies: { keys: [randomUUID()] },
      features: { devInteractions: { enabled: false }, rpInitiatedLogout: { enabled: true } },
      findAccount: (_, id) => PEOPLE[id] && { accountId: id, claims: () => ({ sub: id, ...PEOPLE[id] }) },
      interactions: { url: (_, interaction) => `/interaction/${interaction.uid}` },
      // Nobody is asked for consent.
      async loadExistingGrant(ctx) {
        const grant = new ctx.oidc.provider.Grant({ clientId: ctx.oidc.client.clientId, accountId: ctx.oidc.session.accountId });
        grant.addOIDCScope("openid profile email");
        await grant.save();
        return grant;
      },
      pkce: { methods: ["S256"], required: () => true },
    });
    provider.on("server_error", (_, error) => console.error(error));
  };
  keys = [await key("RS256", "first")];
  renew("RS256");
  const page = (response, body) => {
    response.setHeader("content-type", "text/html; charset=utf-8");
    response.end(`<!doctype html><html lang="en"><title>Provider</title><main>${body}</main></html>`);
  };
  const server = createServer(async (request, response) => {
    try {
      if (request.url.startsWith("/interaction/")) {
        if (request.method !== "POST") return page(response, '<h1>Who are you?</h1><form method="post"><label>Name <input name="login" autofocus></label><button>Let me in</button> <button name="refuse" value="1">Cancel</button></form>');
        let body = "";
        for await (const chunk of request) body += chunk;
        const form = new URLSearchParams(body);
        const result = form.get("refuse") ? { error: "access_denied", error_description: "the person said <i>no</i>" } : { login: { accountId: form.get("login") } };
        return await provider.interactionFinished(request, response, result, { mergeWithLastSubmission: false });
      }
      if (request.url === "/token" && forge) {
        response.setHeader("content-type", "application/json");
        return response.end(JSON.stringify({ access_token: "x", token_type: "Bearer", id_token: await forge() }));
      }
      await provider.callback()(request, response);
    } catch (error) {
      console.error(error);
      response.statusCode = 500;
      response.end();
    }
  });
  await new Promise((done) => server.listen(port, "localhost", done));
  return {
    issuer,
    client: CLIENT,
    /** Other keys in place of those before, for another algorithm. */
    async rotate(signing) {
      keys = [await key(signing, `of ${signing}`), ...(signing === "RS256" ? [] : [await key("RS256", "spare")])];
      renew(signing);
    },
    /** From now on tokens are what this makes; nothing makes honest ones again. */
    forge(make) {
      forge = make;
    },
    /** A token signed with the provider's key, or with another. */
    async sign(claims, header = {}, signer = undefined) {
      const jwk = keys.find((one) => one.alg === algorithm);
      const { importJWK } = await import("jose");
      return new SignJWT(claims).setProtectedHeader({ alg: algorithm, kid: jwk.kid, ...header }).sign(signer ?? (await importJWK(jwk, algorithm)));
    },
    stop: () => new Promise((done) => { server.closeAllConnections(); server.close(done); }),
  };
}
