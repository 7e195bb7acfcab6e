/* Names on the map are drawn with the reader's own fonts.  A bare machine has none for Chinese:
   there the map takes them from the same files as the page. */
const FAMILY = "Noto Sans SC Variable";
const SIDE = 24;

/** What a machine without Chinese fonts draws: the same empty box for every character. */
function drawsChinese() {
  const pen = new OffscreenCanvas(SIDE, SIDE).getContext("2d", { willReadFrequently: true });
  pen.font = `${SIDE - 4}px sans-serif`;
  const picture = (character) => {
    pen.clearRect(0, 0, SIDE, SIDE);
    pen.fillText(character, 0, SIDE - 4);
    return pen.getImageData(0, 0, SIDE, SIDE).data.join();
  };
  return picture("网") !== picture("街");
}

/** The style's font files where they are needed, else nothing. */
export function fontFaces() {
  if (drawsChinese()) return {};
  const files = [...document.styleSheets]
    .flatMap((sheet) => [...sheet.cssRules].map((rule) => [rule, sheet.href]))
    .filter(([rule]) => rule instanceof CSSFontFaceRule
      && rule.style.getPropertyValue("font-family").includes(FAMILY))
    .map(([rule, address]) => ({
      url: new URL(rule.style.getPropertyValue("src").match(/url\("?([^")]+)/)[1], address).href,
      "unicode-range": rule.style.getPropertyValue("unicode-range").split(/,\s*/),
    }));
  return { "font-faces": { [FAMILY]: files } };
}
