import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { findImageProblem, readImageHeader } from "../../src/images/image.rules.ts";
import { extendedWebp, frameOf, makePicture, pngOf } from "./pictures.ts";

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

  it("of an extended WebP says the size of its canvas, unless another picture stands on it", () => {
    const picture = makePicture("libwebp", "322x178", ["-pix_fmt", "yuv420p"]).subarray(12);
    expect(readImageHeader(extendedWebp([322, 178], picture))).toEqual({ contentType: "image/webp", width: 322, height: 178 });
    const lossless = makePicture("libwebp", "64x32", ["-lossless", "1"]).subarray(12);
    for (const chunks of [[picture], [lossless], [lossless, picture]]) {
      expect(readImageHeader(extendedWebp([64, 64], ...chunks))).toBeNull();
    }
    expect(readImageHeader(extendedWebp([64, 64]))).toBeNull();
    // Frames of an animation may be smaller than it.
    expect(readImageHeader(extendedWebp([64, 64], frameOf(lossless), frameOf(lossless)))).toMatchObject({ width: 64, height: 64 });
    expect(readImageHeader(extendedWebp([64, 64], frameOf(lossless), frameOf(picture)))).toBeNull();
  });

  it("of a JPEG that holds a second frame is not taken, wherever that stands", () => {
    const jpeg = makePicture("mjpeg", "64x32", ["-pix_fmt", "yuvj420p"]);
    const place = jpeg.indexOf(Buffer.from("ffc0", "hex"));
    const large = Buffer.from(jpeg.subarray(place, place + 2 + jpeg.readUInt16BE(place + 2)));
    large.writeUInt16BE(65_000, 5);
    const scan = jpeg.indexOf(Buffer.from("ffda", "hex"));
    for (const at of [place, scan, jpeg.length - 2]) {
      expect(readImageHeader(Buffer.concat([jpeg.subarray(0, at), large, jpeg.subarray(at)]))).toBeNull();
    }
  });

  it("is looked for in large pictures within moments", () => {
    const jpeg = makePicture("mjpeg", "64x32", ["-pix_fmt", "yuvj420p"]);
    const filled = Buffer.concat([jpeg.subarray(0, -2), Buffer.alloc(5_000_000, Buffer.from([0xff, 0x00])), jpeg.subarray(-2)]);
    const startedAt = performance.now();
    expect(readImageHeader(filled)).toMatchObject({ width: 64, height: 32 });
    expect(readImageHeader(extendedWebp([64, 64], Buffer.alloc(5_000_000)))).toBeNull();
    expect(performance.now() - startedAt).toBeLessThan(500);
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
    const beginnings = fc.constantFrom(
      "",
      "ffd8ff",
      "ffd8ffffff",
      "ffd8ffc0",
      "ffd8ffc00007080010001001ffda",
      "89504e470d0a1a0a",
      "52494646000000005745425056503820",
      "524946460000000057454250565038580a000000",
    );
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
