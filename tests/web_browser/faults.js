// What is wrong with the page as it is drawn: its structure, and the contrast of each text (WCAG 2.2, 1.4.3).
() => {
  const found = [];
  const all = (selector) => [...document.querySelectorAll(selector)];
  const expect = (holds, what) => { if (!holds) found.push(what); };
  const called = (one) => (one.getAttribute("aria-label") || one.textContent || "").trim();

  expect(document.documentElement.lang, "no language");
  expect(document.title, "no title");
  expect(all("h1").length === 1, `${all("h1").length} h1`);
  for (const mark of ["header", "main", "footer"]) expect(all(`body > ${mark}`).length === 1, `no single ${mark}`);
  for (const nav of all("nav")) expect(nav.getAttribute("aria-label"), "a nav without a name");
  const ids = all("[id]").map((one) => one.id);
  for (const id of new Set(ids.filter((one, at) => ids.indexOf(one) !== at))) found.push(`the id ${id} twice`);
  for (const one of all("[aria-labelledby]"))
    for (const id of one.getAttribute("aria-labelledby").split(" ")) expect(document.getElementById(id), `no ${id}`);
  let level = 1;
  for (const one of all("h1, h2, h3, h4")) {
    expect(Number(one.tagName[1]) <= level + 1, `${one.tagName} after h${level}: ${one.textContent}`);
    level = Number(one.tagName[1]);
  }
  for (const one of all("input:not([type=hidden]), select, textarea"))
    expect(one.labels.length && one.labels[0].textContent.trim(), `${one.name}: no label`);
  for (const one of all("a, button, summary")) expect(called(one), `no name: ${one.outerHTML.slice(0, 80)}`);
  for (const one of all("table")) {
    expect(one.caption?.textContent.trim(), "a table without a caption");
    expect(one.querySelector("th[scope]"), "a table without headers");
  }
  for (const one of all("svg[role=img]")) expect(one.querySelector("title")?.textContent, "a drawing without a title");

  const canvas = document.createElement("canvas").getContext("2d", { willReadFrequently: true });
  const rgba = (colour) => {
    canvas.clearRect(0, 0, 1, 1);
    canvas.fillStyle = colour;
    canvas.fillRect(0, 0, 1, 1);
    return [...canvas.getImageData(0, 0, 1, 1).data];
  };
  const light = (colour) => {
    const [r, g, b] = colour.slice(0, 3).map((one) => one / 255)
      .map((one) => (one <= 0.04045 ? one / 12.92 : ((one + 0.055) / 1.055) ** 2.4));
    return 0.2126 * r + 0.7152 * g + 0.0722 * b;
  };
  const ground = (one) => {
    for (let at = one; at; at = at.parentElement) {
      const colour = rgba(getComputedStyle(at).backgroundColor);
      if (colour[3] === 255) return colour;
    }
    return rgba("Canvas");
  };
  const words = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  const told = new Set();
  while (words.nextNode()) {
    const one = words.currentNode.parentElement;
    const text = words.currentNode.textContent.trim();
    if (!text || !one.checkVisibility() || one.closest("noscript, title, desc, script, option, [disabled]")) continue;
    const style = getComputedStyle(one);
    const [above, below] = [light(rgba(one.closest("svg") ? style.fill : style.color)), light(ground(one))];
    const contrast = (Math.max(above, below) + 0.05) / (Math.min(above, below) + 0.05);
    if (contrast < 4.5) told.add(`contrast ${contrast.toFixed(2)}: ${text.slice(0, 40)} (${one.tagName} ${one.className.baseVal ?? one.className})`);
  }
  return [...found, ...told];
}
