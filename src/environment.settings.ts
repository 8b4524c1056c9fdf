import type { TokenSettings } from "./access/token-verifier.ts";
import type { AssetRetention } from "./assets/sweep-assets.ts";
import type { Environment } from "./environment.ts";
import type { CallLimitSettings } from "./limits/call-limits.ts";
import type { NetworkPolicy } from "./network/network-policy.ts";
import { listOwnAddresses } from "./network/resolve.ts";
import type { S3Settings } from "./storage/s3-storage.ts";

/** What each caller may spend. */
export function limitsOf(environment: Environment): Partial<CallLimitSettings> {
  const { ratePointsPerMinute, rateBurst, connectionsPerCaller, connectionsPerAddress, subscriptionsPerCaller } = environment;
  const points = ratePointsPerMinute === null ? null : { pointsPerMinute: ratePointsPerMinute, burst: rateBurst };
  return { points, connectionsPerCaller, connectionsPerAddress, subscriptionsPerCaller };
}

/** What is kept of assets. */
export function assetRetentionOf({ assetRetentionDays, assetGigabytes }: Environment): AssetRetention {
  return { days: assetRetentionDays, bytes: assetGigabytes === null ? null : assetGigabytes * 1_000_000_000 };
}

/** Where URLs of callers may lead. */
export function networkPolicyOf({ allowedNetworks }: Environment): NetworkPolicy {
  return { allowedNetworks, ownAddresses: listOwnAddresses() };
}

/** Whose tokens are taken; null where there is no issuer. */
export function tokenSettingsOf(environment: Environment): TokenSettings | null {
  const { tokenIssuer: issuer, tokenAudience: audience, tokenKeySetUrl: keySetUrl, tokenAlgorithms: algorithms } = environment;
  if (issuer === null || audience === null) return null;
  const { tokenOrganizationClaim: organizationClaim, tokenLevelClaim: levelClaim } = environment;
  return { issuer, audience, keySetUrl, algorithms, organizationClaim, levelClaim };
}

/** The object store that whole assets are moved to; null where there is none. */
export function s3SettingsOf(environment: Environment): S3Settings | null {
  const { s3Bucket: bucket, s3AccessKeyId: accessKeyId, s3SecretAccessKey: secretAccessKey } = environment;
  if (bucket === null || accessKeyId === null || secretAccessKey === null) return null;
  const { s3Endpoint: endpoint, s3Region: region, s3PathStyle: isPathStyle, s3Prefix: prefix } = environment;
  return { bucket, accessKeyId, secretAccessKey, endpoint, region, isPathStyle, prefix };
}
