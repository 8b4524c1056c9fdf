import { Field, Int, ObjectType, registerEnumType } from "type-graphql";
import { Node } from "../graphql/node.ts";
import { Health, SessionStatus } from "../sessions/session.rules.ts";
import { RenditionType } from "../templates/template.type.ts";
import { FileFormat, OutputType } from "./playback.rules.ts";

registerEnumType(OutputType, {
  name: "OutputType",
  description: "Where a playback's output goes. It can never change.",
  valuesConfig: {
    HTTP: { description: "HLS, DASH or both, served from here to players." },
    SRT_PUSH: { description: "MPEG-TS that we send to SRT listeners, one for each rendition." },
    RTMP_PUSH: { description: "FLV that we publish to RTMP servers, one URL for each rendition." },
    MULTICAST: { description: "MPEG-TS over UDP multicast, one group for each rendition." },
    CMAF_PUSH: { description: "CMAF that we upload below one base URL." },
    FILE: { description: "Files on the encoder's machine, below its configured directory." },
    MEDIAPACKAGE_V2: { description: "AWS Elemental MediaPackage v2. Not supported by CSV." },
    WHIP: { description: "WebRTC by WHIP. Not supported by CSV." },
    CAPTURE_CARD: { description: "A playout card of the encoder's machine. Not supported by CSV." },
  },
});

registerEnumType(FileFormat, {
  name: "FileFormat",
  description: "The container of a file output.",
  valuesConfig: {
    MKV: { description: "Matroska, which stays readable when it was cut off in the middle." },
    MP4: { description: "MP4, fragmented, so that an interrupted file still plays." },
  },
});

@ObjectType("PlaybackAddress", { description: "One place that a playback's output goes to or is fetched from.", simpleResolvers: true })
export class PlaybackAddressType {
  @Field(() => String, { description: "The URL, secrets in it masked; for a file output its path." })
  url!: string;

  @Field(() => RenditionType, { nullable: true, description: "The one rendition that goes there; null when all of them do." })
  rendition!: RenditionType | null;
}

@ObjectType("Playback", { implements: Node, description: "One output of a session, with a status of its own." })
export class PlaybackType extends Node {
  @Field(() => String, { description: "Name, unique in the session whatever its letter case." })
  name!: string;

  @Field(() => OutputType, { description: "The kind of output; it can never change." })
  type!: OutputType;

  @Field(() => [String], {
    description:
      "Where it goes, secrets masked: one URL for each rendition of the template, one base URL for CMAF_PUSH, one path for FILE, none for HTTP. " +
      "A masked URL sent back stays what it was.",
  })
  urls!: readonly string[];

  @Field(() => Boolean, { description: "Whether HLS is served; for HTTP outputs." })
  hlsEnabled!: boolean;

  @Field(() => Boolean, { description: "Whether DASH is served; for HTTP outputs." })
  dashEnabled!: boolean;

  @Field(() => String, { nullable: true, description: "Service provider name in the MPEG-TS; for MULTICAST and SRT_PUSH, else null." })
  serviceProvider!: string | null;

  @Field(() => Int, { nullable: true, description: "Program number in the MPEG-TS, 1 to 65535; for MULTICAST and SRT_PUSH, else null." })
  programNumber!: number | null;

  @Field(() => FileFormat, { nullable: true, description: "The container; for FILE outputs, else null." })
  fileFormat!: FileFormat | null;

  @Field(() => Int, {
    nullable: true,
    description: "A new file begins after so many seconds, a multiple of 300 from 300 to 43200; null: one file for each run.",
  })
  maxFileDurationSeconds!: number | null;

  @Field(() => SessionStatus, { description: "What this output is observed to do." })
  status!: SessionStatus;

  @Field(() => Health, { description: "How well this output goes." })
  health!: Health;

  @Field(() => String, { nullable: true, description: "Why it is in this status or health, in one sentence; null when all is well." })
  statusReason!: string | null;
}
