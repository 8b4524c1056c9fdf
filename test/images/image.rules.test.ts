import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { findImageProblem, readImageHeader } from "../../src/images/image.rules.ts";
import { makePicture, pngOf } from "./pictures.ts";

describe("the header of a picture", () => {
  it.each([
    ["png", [], "image/png"],
    ["mjpeg", ["-pix_fmt", "yuvj420p"], "image/jpeg"],
    ["libwebp", ["-lossless", "1"], "image/webp"],
    ["libwebp", ["-pix_fmt", "yuv420p"], "image/webp"],
    ["libwebp", ["-pix_fmt", "yuva420p"], "image/webp"],
  ] as const)("is read of what %s writes %j", (codec, options, contentType) => {
    expect(readImageHeader(makePicture(codec, "322x178", options))).toEqual({ contentType, width: 322, height: 178 });
  });

  it("of an extended WebP says the size of its canvas", () => {
    const bytes = Buffer.alloc(30);
    bytes.write("RIFF", 0);
    bytes.write("WEBPVP8X", 8);
    bytes.writeUIntLE(1919, 24, 3);
    bytes.writeUIntLE(1079, 27, 3);
    expect(readImageHeader(bytes)).toEqual({ contentType: "image/webp", width: 1920, height: 1080 });
  });

  it("of a JPEG is found behind what stands before it", () => {
    const jpeg = makePicture("mjpeg", "64x32", ["-pix_fmt", "yuvj420p"]);
    const thumbnail = Buffer.from("ffe1000affc0000811004000", "hex");
    const padded = Buffer.concat([jpeg.subarray(0, 2), thumbnail, Buffer.from("ffffff", "hex"), jpeg.subarray(3)]);
    expect(readImageHeader(padded)).toEqual({ contentType: "image/jpeg", width: 64, height: 32 });
  });

  it.each([
    ["nothing", Buffer.alloc(0)],
    ["a GIF", Buffer.from("GIF89a\x10\x00\x10\x00")],
    ["an SVG", Buffer.from('<svg xmlns="http://www.w3.org/2000/svg" width="100" height="100"/>')],
    ["HTML that begins like a JPEG", Buffer.from([0xff, 0xd8, ...Buffer.from("<script>alert(1)</script>")])],
    ["a PNG that is cut off", pngOf(64, 64).subarray(0, 20)],
    ["a JPEG without a frame", Buffer.from("ffd8ffe000040000ffd9", "hex")],
  ])("is not found in %s", (_what, bytes) => {
    expect(readImageHeader(bytes)).toBeNull();
  });

  it("is looked for in any bytes without failing", () => {
    const beginnings = fc.constantFrom("", "ffd8ff", "ffd8ffffff", "ffd8ffc0", "89504e470d0a1a0a", "52494646000000005745425056503820");
    fc.assert(
      fc.property(beginnings, fc.uint8Array({ maxLength: 200 }), (beginning, rest) => {
        readImageHeader(Buffer.concat([Buffer.from(beginning, "hex"), rest]));
      }),
      { numRuns: 2_000 },
    );
  });
});

describe("the size of a picture", () => {
  it.each([
    [16, 16, true],
    [4096, 3906, true],
    [4096, 4096, false],
    [15, 100, false],
    [100, 4097, false],
    [0, 0, false],
  ])("%i by %i", (width, height, isTaken) => {
    expect(findImageProblem({ contentType: "image/png", width, height }) === null).toBe(isTaken);
  });
});
