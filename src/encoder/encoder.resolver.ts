import { Ctx, Query, Resolver } from "type-graphql";
import type { RequestContext } from "../graphql/request.ts";
import { listEncoders, listRegions, type EncoderReading, type RegionReading } from "./encoder.reads.ts";
import { EncoderType, RegionType } from "./encoder.type.ts";

@Resolver()
export class EncoderResolver {
  @Query(() => [RegionType], { description: "The regions that encoders are in, and the default one, by name." })
  async regions(@Ctx() context: RequestContext): Promise<readonly RegionReading[]> {
    return listRegions(context.database.executor, context.defaultRegion);
  }

  @Query(() => [EncoderType], { description: "The encoders, by region and name." })
  async encoders(@Ctx() context: RequestContext): Promise<readonly EncoderReading[]> {
    return listEncoders(context.database.executor);
  }
}
