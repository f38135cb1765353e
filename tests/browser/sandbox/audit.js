// What a person with weak eyes, or with a screen reader, would miss on the page as it is now.
() => {
  const canvas = new OffscreenCanvas(1, 1).getContext("2d", { willReadFrequently: true });
  const paint = (...colours) => {
    for (const colour of colours) {
      canvas.fillStyle = colour;
      canvas.fillRect(0, 0, 1, 1);
    }
    return [...canvas.getImageData(0, 0, 1, 1).data];
  };
  // WCAG's relative luminance.
  const luminance = (rgba) =>
    rgba
      .slice(0, 3)
      .map((value) => value / 255)
      .map((value) => (value <= 0.03928 ? value / 12.92 : ((value + 0.055) / 1.055) ** 2.4))
      .reduce((sum, value, index) => sum + value * [0.2126, 0.7152, 0.0722][index], 0);
  const behind = (element) => {
    const colours = [];
    for (let each = element; each; each = each.parentElement) colours.unshift(getComputedStyle(each).backgroundColor);
    return ["#fff", ...colours];
  };
  const seen = (element) => element.checkVisibility({ visibilityProperty: true, opacityProperty: true });

  const faint = [];
  for (const element of document.querySelectorAll("body *")) {
    const hasText = [...element.childNodes].some((node) => node.nodeType === Node.TEXT_NODE && node.data.trim());
    if (!hasText || !seen(element) || element.closest("option, :disabled, .toast, noscript")) continue;
    const style = getComputedStyle(element);
    const back = behind(element);
    const [light, dark] = [paint(...back), paint(...back, style.color)].map(luminance).sort((one, other) => other - one);
    const contrast = (light + 0.05) / (dark + 0.05);
    if (contrast < (parseFloat(style.fontSize) >= 18 ? 3 : 4.5)) faint.push(`${contrast.toFixed(2)} ${element.className}: ${element.textContent}`);
  }

  const named = (element) =>
    element.ariaLabel || element.getAttribute("aria-labelledby") || element.title || element.labels?.length || element.innerText?.trim();
  const reached = document.querySelectorAll("button, a, input, select, textarea, summary, [tabindex]");
  const nameless = [...reached].filter((element) => element.checkVisibility() && !named(element)).map((element) => element.outerHTML);
  return { faint, nameless };
}
