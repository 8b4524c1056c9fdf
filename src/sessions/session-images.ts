import { createHash } from "node:crypto";
import type { TransactionContext } from "../access/context.ts";
import type { ImageKind } from "../images/image.rules.ts";
import { deleteImages, insertImages, type NewImage } from "../images/image.store.ts";
import { receiveImages, type ImageFile, type PlacedImageFile, type ReceivedImage } from "../images/receive-image.ts";
import { newIdentifier, randomToken } from "../shared/identifier.ts";
import { writeSessionImages, type SessionImages } from "./session-image.store.ts";

const PATH_TOKEN_LENGTH = 26;

/** The pictures of a session as a caller gives them: a file, null for none, left out as it is. */
export interface GivenImages {
  readonly coverImage?: ImageFile | null | undefined;
  readonly slateImage?: ImageFile | null | undefined;
}

/** The same once they are read. */
export interface ReceivedImages {
  readonly cover?: ReceivedImage | null;
  readonly slate?: ReceivedImage | null;
}

/** Reads the pictures of sessions, before a transaction waits for them. `pathOf`: where in the input the place's session stands. */
export async function receiveSessionImages(
  given: readonly GivenImages[],
  pathOf: (index: number) => readonly string[],
): Promise<readonly ReceivedImages[]> {
  const placed = given.flatMap(({ coverImage, slateImage }, index) => [
    ...placeFile(coverImage, [...pathOf(index), "coverImage"]),
    ...placeFile(slateImage, [...pathOf(index), "slateImage"]),
  ]);
  const received = await receiveImages(placed);
  const read = (file: ImageFile | null) => (file && received.get(file)) ?? null;
  return given.map(({ coverImage, slateImage }) => ({
    ...(coverImage !== undefined && { cover: read(coverImage) }),
    ...(slateImage !== undefined && { slate: read(slateImage) }),
  }));
}

function placeFile(file: ImageFile | null | undefined, path: readonly string[]): readonly PlacedImageFile[] {
  return file ? [{ file, path }] : [];
}

/** Stands for pictures where two calls are compared: their bytes are the caller's input as much as its texts. */
export function digestImages({ cover, slate }: ReceivedImages): readonly (string | null)[] {
  return [cover, slate].map((image) => (image ? createHash("sha256").update(image.bytes).digest("hex") : null));
}

/** A session that is given pictures, and those that it has. */
export interface ImageChange {
  readonly sessionId: string;
  readonly images: ReceivedImages;
  readonly coverImageId: string | null;
  readonly slateImageId: string | null;
}

/** Stores pictures of sessions, and deletes those that they replace: a fixed number of statements, and none where there are none. */
export async function changeImages(context: TransactionContext, changes: readonly ImageChange[]): Promise<void> {
  const rows: NewImage[] = [];
  const writes: SessionImages[] = [];
  const replaced: string[] = [];
  const store = (kind: ImageKind, { bytes, contentType, width, height }: ReceivedImage): string => {
    const id = newIdentifier("image");
    const { organizationId } = context.actor;
    const pathToken = randomToken(PATH_TOKEN_LENGTH);
    rows.push({ id, organizationId, kind, pathToken, contentType, width, height, bytes, createdAt: context.clock.now() });
    return id;
  };
  for (const {
    sessionId,
    images: { cover, slate },
    ...before
  } of changes) {
    if (cover === undefined && slate === undefined) continue;
    writes.push({
      sessionId,
      ...(cover !== undefined && { coverImageId: cover && store("COVER", cover) }),
      ...(slate !== undefined && { slateImageId: slate && store("SLATE", slate) }),
    });
    if (cover !== undefined && before.coverImageId !== null) replaced.push(before.coverImageId);
    if (slate !== undefined && before.slateImageId !== null) replaced.push(before.slateImageId);
  }
  await insertImages(context.transaction, rows);
  await writeSessionImages(context.transaction, writes);
  await deleteImages(context.transaction, replaced);
}
