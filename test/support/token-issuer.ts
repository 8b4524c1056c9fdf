import { exportJWK, generateKeyPair, SignJWT, type CryptoKey, type JWTHeaderParameters } from "jose";
import { createServer, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";

/** How the issuer answers who asks for its keys. */
export type IssuerMood =
  | "KEYS"
  /** Takes the connection, and never says a word. */
  | "FROZEN"
  /** A page of somebody's proxy, with status 200. */
  | "HTML"
  | "ERROR"
  | "NO_KEYS"
  /** An OpenID configuration of somebody else. */
  | "FOREIGN";

export interface SigningKey {
  readonly kid: string;
  readonly privateKey: CryptoKey;
  readonly publicKey: CryptoKey;
}

export interface SignOptions {
  readonly key?: SigningKey;
  readonly alg?: string;
  readonly header?: Partial<JWTHeaderParameters> & Readonly<Record<string, unknown>>;
}

/** An issuer of tokens on loopback with real keys: what it serves and signs is as of any identity provider. */
export interface TokenIssuer {
  /** As its tokens say it in `iss`. */
  readonly issuer: string;
  readonly keySetUrl: string;
  /** Signs claims as they are given. */
  readonly sign: (claims: Readonly<Record<string, unknown>>, options?: SignOptions) => Promise<string>;
  readonly currentKey: () => SigningKey;
  /** Makes a new key, signs with it from now on, and serves it alone or beside the old ones. */
  readonly rotate: (options?: { readonly keepOld?: boolean }) => Promise<void>;
  /** How often it was asked for its keys. */
  readonly requestCount: () => number;
  mood: IssuerMood;
  /** Serves nothing more; `open` does again, at the same address. */
  readonly shut: () => Promise<void>;
  readonly open: () => Promise<void>;
}

export async function startTokenIssuer(alg = "RS256"): Promise<TokenIssuer> {
  const served: SigningKey[] = [await makeKey(alg)];
  let current = served[0]!;
  let requestCount = 0;
  let port = 0;

  const server = createServer((request, response) => {
    if (request.url === "/keys") requestCount += 1;
    void answer(response, request.url ?? "");
  });

  async function answer(response: ServerResponse, path: string): Promise<void> {
    if (self.mood === "FROZEN") return;
    if (self.mood === "ERROR") return void response.writeHead(500).end();
    if (self.mood === "HTML") return void response.writeHead(200, { "content-type": "text/html" }).end("<h1>Sign in</h1>");
    if (path === "/.well-known/openid-configuration") {
      const issuer = self.mood === "FOREIGN" ? "https://another.example" : self.issuer;
      return void response.end(JSON.stringify({ issuer, jwks_uri: self.keySetUrl }));
    }
    const keys = self.mood === "NO_KEYS" ? [] : await Promise.all(served.map((key) => publicJwk(key, alg)));
    response.writeHead(200, { "content-type": "application/jwk-set+json" }).end(JSON.stringify({ keys }));
  }

  const self: TokenIssuer = {
    mood: "KEYS",
    get issuer() {
      return `http://127.0.0.1:${port}/`;
    },
    get keySetUrl() {
      return `http://127.0.0.1:${port}/keys`;
    },
    currentKey: () => current,
    requestCount: () => requestCount,
    async sign(claims, { key = current, alg: used = alg, header = {} } = {}) {
      return new SignJWT({ ...claims }).setProtectedHeader({ alg: used, kid: key.kid, ...header }).sign(key.privateKey);
    },
    async rotate({ keepOld = false } = {}) {
      current = await makeKey(alg);
      if (!keepOld) served.splice(0);
      served.push(current);
    },
    async open() {
      await new Promise<void>((resolve) => server.listen(port, "127.0.0.1", resolve));
      port = (server.address() as AddressInfo).port;
    },
    async shut() {
      server.closeAllConnections();
      await new Promise<void>((resolve) => server.close(() => resolve()));
    },
  };
  await self.open();
  return self;
}

let keyCount = 0;

export async function makeKey(alg: string): Promise<SigningKey> {
  keyCount += 1;
  return { kid: `key-${keyCount}`, ...(await generateKeyPair(alg, { extractable: true })) };
}

async function publicJwk({ kid, publicKey }: SigningKey, alg: string) {
  return { ...(await exportJWK(publicKey)), kid, alg, use: "sig" };
}
