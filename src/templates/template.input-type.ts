import { Field, Float, ID, InputType, Int } from "type-graphql";
import { AudioCodec, VideoCodec } from "./template.rules.ts";

@InputType("RenditionInput", {
  description: "One step of a ladder. A passthrough rendition names nothing but itself; any other names everything.",
})
export class RenditionInput {
  @Field(() => ID, {
    nullable: true,
    description: "Keeps the rendition of this id through an update, with the processes on it; left out, a new one is made.",
  })
  id?: string | null;

  @Field(() => String, { description: "Name, unique in the template whatever its letter case; 1 to 200 characters." })
  name!: string;

  @Field(() => Boolean, { nullable: true, defaultValue: false, description: "Whether to pass the input on as it comes." })
  isPassthrough?: boolean | null;

  @Field(() => VideoCodec, { nullable: true, description: "Codec of the pictures." })
  videoCodec?: VideoCodec | null;

  @Field(() => Int, { nullable: true, description: "Width of the pictures in pixels, 16 to 8192, even." })
  width?: number | null;

  @Field(() => Int, { nullable: true, description: "Height of the pictures in pixels, 16 to 8192, even." })
  height?: number | null;

  @Field(() => Int, { nullable: true, description: "Video bitrate in kbit/s, 100 to 100000." })
  videoBitrateKbps?: number | null;

  @Field(() => Float, { nullable: true, description: "Frames per second, 1 to 120; never raised above the input's." })
  frameRate?: number | null;

  @Field(() => AudioCodec, { nullable: true, description: "Codec of the sound." })
  audioCodec?: AudioCodec | null;

  @Field(() => Int, { nullable: true, description: "Audio bitrate in kbit/s, 16 to 512." })
  audioBitrateKbps?: number | null;
}

@InputType("CreateTemplateInput", { description: "A new template." })
export class CreateTemplateInput {
  @Field(() => String, { description: "Name, unique in the organization whatever its letter case; 1 to 200 characters." })
  name!: string;

  @Field(() => String, { nullable: true, description: "Free text for people, at most 2,000 characters." })
  description?: string | null;

  @Field(() => Boolean, { nullable: true, description: "Whether it becomes the default in place of the one before." })
  isDefault?: boolean | null;

  @Field(() => [RenditionInput], { description: "The ladder, in its order: 1 to 20 renditions." })
  renditions!: readonly RenditionInput[];

  @Field(() => String, {
    nullable: true,
    description: "Any text of the caller's own: the same call with the same key is done once and answered twice, for 48 hours.",
  })
  idempotencyKey?: string | null;
}

@InputType("UpdateTemplateInput", {
  description: "Changes of a template. A field left out stays as it is, null clears it. Running sessions keep what they started with.",
})
export class UpdateTemplateInput {
  @Field(() => ID, { description: "The template's id." })
  id!: string;

  @Field(() => Int, { nullable: true, description: "The version that the caller read: another one is refused with VERSION_CONFLICT." })
  expectedVersion?: number | null;

  @Field(() => String, { nullable: true, description: "New name, unique in the organization." })
  name?: string | null;

  @Field(() => String, { nullable: true, description: "New description; null clears it." })
  description?: string | null;

  @Field(() => Boolean, { nullable: true, description: "Whether it is the default, in place of the one before." })
  isDefault?: boolean | null;

  @Field(() => [RenditionInput], {
    nullable: true,
    description: "The whole ladder as it should be: renditions whose id is left out are new, those not named are removed.",
  })
  renditions?: readonly RenditionInput[] | null;
}

@InputType("DeleteTemplatesInput", { description: "Templates to delete, all or none." })
export class DeleteTemplatesInput {
  @Field(() => [ID], { description: "The templates' ids, 1 to 100. One in use is refused with TEMPLATE_IN_USE." })
  ids!: readonly string[];
}
