import { TOKEN_ALGORITHMS } from "./access/token.rules.ts";
import { define, isUrl, list, optional, text, type Definition } from "./environment.define.ts";

/** A claim's whole name: issuers name their own claims by URLs, which have dots. */
const claimName = text.max(200);
const algorithms = list((item) => (TOKEN_ALGORITHMS as readonly string[]).includes(item));

/** Tokens of an issuer of one's own, beside API keys. */
export const TOKEN_DEFINITIONS = {
  tokenIssuer: define({
    name: "HEADEND_JWT_ISSUER",
    allowed: "the issuer's name, as its tokens say it in iss",
    meaning: "Whose JSON Web Tokens are taken beside API keys. Left out, there are none.",
    schema: optional(text.regex(/^\S{1,500}$/)),
  }),
  tokenAudience: define({
    name: "HEADEND_JWT_AUDIENCE",
    allowed: "a text without blanks, as the tokens say it in aud",
    meaning: "The name that the issuer knows this API by. Tokens for anything else are refused. Wanted with an issuer.",
    schema: optional(text.regex(/^\S{1,500}$/)),
  }),
  tokenKeySetUrl: define({
    name: "HEADEND_JWT_JWKS_URL",
    allowed: "an http, https or file URL",
    meaning:
      "Where the issuer's public keys are, as a JSON Web Key Set. Left out, the issuer is a URL, and its OpenID configuration says it.",
    schema: optional(text.refine((value) => isUrl(value, ["http:", "https:", "file:"]) && !hasUser(value))),
  }),
  tokenAlgorithms: define({
    name: "HEADEND_JWT_ALGORITHMS",
    fallback: "RS256",
    allowed: "RS, PS or ES with 256, 384 or 512, or EdDSA, with commas between them",
    meaning: "The algorithms that tokens may be signed with; never one with a shared secret.",
    schema: algorithms.refine((items) => items.length > 0),
  }),
  tokenOrganizationClaim: define({
    name: "HEADEND_JWT_ORGANIZATION_CLAIM",
    fallback: "organization",
    allowed: "the name of a claim",
    meaning: "The claim of a token that names its organization, by name or id.",
    schema: claimName,
  }),
  tokenLevelClaim: define({
    name: "HEADEND_JWT_LEVEL_CLAIM",
    fallback: "access_level",
    allowed: "the name of a claim",
    meaning: "The claim of a token that names its level, VIEWER to ADMIN; of a list the highest counts, and what is no level does not.",
    schema: claimName,
  }),
} as const satisfies Readonly<Record<string, Definition<unknown>>>;

/** What is wrong with the variables of tokens together, each being right by itself. */
export function findTokenProblems(source: Readonly<Record<string, string | undefined>>): readonly string[] {
  const isSet = ({ name }: { readonly name: string }) => Boolean(source[name]?.trim());
  const { tokenIssuer, tokenAudience, tokenKeySetUrl } = TOKEN_DEFINITIONS;
  if (!isSet(tokenIssuer)) {
    const others = Object.values(TOKEN_DEFINITIONS).filter(isSet);
    return others.map(({ name }) => `${name} is set without ${tokenIssuer.name}, which must be ${tokenIssuer.allowed}.`);
  }
  const problems: string[] = [];
  if (!isSet(tokenAudience)) problems.push(`${tokenAudience.name} must be ${tokenAudience.allowed}, since ${tokenIssuer.name} is set.`);
  if (!isSet(tokenKeySetUrl) && !isUrl(source[tokenIssuer.name]?.trim() ?? "", ["http:", "https:"])) {
    problems.push(`${tokenKeySetUrl.name} must be ${tokenKeySetUrl.allowed}, since ${tokenIssuer.name} is no URL to find the keys at.`);
  }
  return problems;
}

/** `fetch` sends no user and password of a URL, and would refuse it at each request. */
function hasUser(value: string): boolean {
  const { username, password } = new URL(value);
  return username !== "" || password !== "";
}
