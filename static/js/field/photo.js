/* Photos are made smaller before they are stored: phones are full and signals weak. */

const LONGEST = 2048;
const THUMB = 160;
const QUALITY = 0.82;

function scaled(bitmap, longest) {
  const scale = Math.min(1, longest / Math.max(bitmap.width, bitmap.height));
  const canvas = document.createElement("canvas");
  canvas.width = Math.max(1, Math.round(bitmap.width * scale));
  canvas.height = Math.max(1, Math.round(bitmap.height * scale));
  canvas.getContext("2d").drawImage(bitmap, 0, 0, canvas.width, canvas.height);
  return canvas;
}

/* Answers {file, thumb}: a JPEG of at most 2048 px, and a small one as data: URL. What the browser can't read (HEIC on
   some) goes as it is and has no small one. */
export async function shrink(file) {
  let bitmap;
  try {
    bitmap = await createImageBitmap(file);
  } catch {
    return { file, thumb: "" };
  }
  const large = scaled(bitmap, LONGEST);
  const small = await new Promise((resolve) => large.toBlob(resolve, "image/jpeg", QUALITY));
  const thumb = scaled(bitmap, THUMB).toDataURL("image/jpeg", 0.7);
  bitmap.close();
  return { file: small, thumb };
}

/* How many more photos fit, roughly; null when the browser doesn't say. */
export async function room() {
  const { quota, usage } = (await navigator.storage?.estimate?.()) || {};
  return quota ? { used: usage, photos: Math.floor((quota - usage) / 700000) } : null;
}
