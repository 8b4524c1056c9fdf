import { Field, Float, ID, Int, ObjectType, registerEnumType } from "type-graphql";
import { connectionType } from "../graphql/connection.ts";
import { Node } from "../graphql/node.ts";
import { UserErrorsField } from "../graphql/payload.ts";
import { DateTime } from "../graphql/scalars.ts";
import type { UserError } from "../shared/user-error.ts";
import { AudioCodec, VideoCodec } from "./template.rules.ts";

registerEnumType(VideoCodec, {
  name: "VideoCodec",
  description: "What pictures are encoded to. Not every output carries every codec, and not every encoder has each.",
  valuesConfig: {
    H264: { description: "H.264, which every player and output takes." },
    H265: { description: "H.265 (HEVC): better pictures at the same bitrate; not over RTMP." },
    AV1: { description: "AV1: the best pictures at the same bitrate, and the most work to encode; not in MPEG-TS or over RTMP." },
  },
});

registerEnumType(AudioCodec, {
  name: "AudioCodec",
  description: "What sound is encoded to.",
  valuesConfig: {
    AAC: { description: "AAC-LC, which every player and output but WebRTC takes." },
    OPUS: { description: "Opus, for WebRTC and low bitrates; not over RTMP." },
  },
});

@ObjectType("Rendition", {
  description: "One step of a template's ladder. A passthrough rendition has no codec, size or bitrate of its own.",
  simpleResolvers: true,
})
export class RenditionType {
  @Field(() => ID, { description: "Identifier, which stays through edits of the template that name it." })
  id!: string;

  @Field(() => String, { description: "Name, unique in the template whatever its letter case, such as 720p." })
  name!: string;

  @Field(() => Boolean, { description: "Whether the input is passed on as it comes, without transcoding." })
  isPassthrough!: boolean;

  @Field(() => VideoCodec, { nullable: true, description: "Codec of the pictures; null for passthrough." })
  videoCodec!: VideoCodec | null;

  @Field(() => Int, { nullable: true, description: "Width of the pictures in pixels, 16 to 8192, even; null for passthrough." })
  width!: number | null;

  @Field(() => Int, { nullable: true, description: "Height of the pictures in pixels, 16 to 8192, even; null for passthrough." })
  height!: number | null;

  @Field(() => Int, { nullable: true, description: "Video bitrate in kbit/s, 100 to 100000; null for passthrough." })
  videoBitrateKbps!: number | null;

  @Field(() => Float, {
    nullable: true,
    description: "Frames per second, 1 to 120, never raised above the input's; null for passthrough.",
  })
  frameRate!: number | null;

  @Field(() => AudioCodec, { nullable: true, description: "Codec of the sound; null for passthrough." })
  audioCodec!: AudioCodec | null;

  @Field(() => Int, { nullable: true, description: "Audio bitrate in kbit/s, 16 to 512; null for passthrough." })
  audioBitrateKbps!: number | null;
}

@ObjectType("Template", {
  implements: Node,
  description: "A ladder of renditions that outputs are encoded to.",
  simpleResolvers: true,
})
export class TemplateType extends Node {
  @Field(() => String, { description: "Name, unique in the organization whatever its letter case." })
  name!: string;

  @Field(() => String, { nullable: true, description: "Free text for people; null without any." })
  description!: string | null;

  @Field(() => Boolean, { description: "Whether playbacks that name no template get this one. At most one template is the default." })
  isDefault!: boolean;

  @Field(() => [RenditionType], { description: "The ladder, in its order: at least one rendition." })
  renditions!: readonly RenditionType[];

  @Field(() => Int, { description: "Counts up with every edit, from 1: what expectedVersion is compared with." })
  version!: number;

  @Field(() => DateTime, { description: "When it was created." })
  createdAt!: Date;

  @Field(() => DateTime, { description: "When it was last edited; its creation when it never was." })
  updatedAt!: Date;
}

export const TemplateConnection = connectionType("Template", () => TemplateType);

@ObjectType("TemplatePayload", { description: "The template as it is after the mutation.", simpleResolvers: true })
export class TemplatePayload {
  @Field(() => TemplateType, { nullable: true, description: "The template; null when the mutation was refused." })
  template!: TemplateType | null;

  @UserErrorsField()
  userErrors!: readonly UserError[];
}
