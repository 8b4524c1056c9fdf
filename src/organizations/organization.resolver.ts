import { Ctx, FieldResolver, Int, Resolver, Root } from "type-graphql";
import type { RequestContext } from "../graphql/request.ts";
import { limitInForce } from "./organization.rules.ts";
import type { OrganizationRow } from "./organization.store.ts";
import { OrganizationType } from "./organization.type.ts";

const BYTES_OF_GIGABYTE = 1_000_000_000;

@Resolver(() => OrganizationType)
export class OrganizationResolver {
  @FieldResolver(() => Int, {
    nullable: true,
    description:
      "Recordings, replays and clips are deleted after so many days, those that an event shows on demand excepted; null: they are kept until somebody deletes them. Set by the operator of the installation.",
  })
  assetRetentionDays(@Root() { assetRetentionDays }: OrganizationRow, @Ctx() { assetRetention }: RequestContext): number | null {
    return limitInForce(assetRetentionDays, assetRetention.days);
  }

  @FieldResolver(() => Int, {
    nullable: true,
    description:
      "How much is kept of them, in units of 1,000,000,000 bytes: beyond it the oldest are deleted; null for no limit. Set by the operator of the installation.",
  })
  assetGigabytes(@Root() { assetGigabytes }: OrganizationRow, @Ctx() { assetRetention }: RequestContext): number | null {
    const { bytes } = assetRetention;
    return limitInForce(assetGigabytes, bytes === null ? null : bytes / BYTES_OF_GIGABYTE);
  }
}
