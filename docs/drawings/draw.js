/** The few shapes that the drawings are made of. Colours come from the page's style sheet, by class. */

const escape = text => String(text).replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;');

/** A whole drawing; `title` is for those who don't see it. */
export function drawing(width, height, title, shapes) {
  const tip = `<marker id="tip" viewBox="0 0 8 8" refX="7" refY="4" markerWidth="7" markerHeight="7" orient="auto-start-reverse"><path class="tip" d="M0 0.5 L7.5 4 L0 7.5 z"/></marker>`;
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${height}" role="img" aria-label="${escape(title)}"><defs>${tip}</defs>${shapes.flat(9).join('')}</svg>\n`;
}

/** `kind`: `box`, `hot` (what matters), `warm` (what waits or fails). Lines of text stand in the middle. */
export function box(x, y, width, height, lines = [], kind = 'box') {
  const all = [lines].flat();
  const first = y + height / 2 - (all.length - 1) * 8.5 + 4.5;
  return [
    `<rect class="${kind}" x="${x}" y="${y}" width="${width}" height="${height}" rx="5"/>`,
    ...all.map((line, index) =>
      text(x + width / 2, first + index * 17, line, {
        anchor: 'middle',
        style: index === 0 ? '' : 'small soft',
      }),
    ),
  ];
}

export function text(x, y, content, { anchor = 'start', style = '' } = {}) {
  return `<text x="${x}" y="${y}" text-anchor="${anchor}" class="${style}">${escape(content)}</text>`;
}

/** A line through the points, with a tip at its end; a label beside its middle. */
export function arrow(
  points,
  label,
  { dx = 0, dy = -6, dashed = false, anchor = 'middle', both = false } = {},
) {
  const path = points.map(([x, y], index) => `${index === 0 ? 'M' : 'L'}${x} ${y}`).join(' ');
  const from = points[Math.floor((points.length - 1) / 2)];
  const to = points[Math.floor((points.length - 1) / 2) + 1];
  const dash = dashed ? ' stroke-dasharray="4 4"' : '';
  return [
    `<path class="line" d="${path}"${dash} marker-end="url(#tip)"${both ? ' marker-start="url(#tip)"' : ''}/>`,
    label === undefined
      ? ''
      : text((from[0] + to[0]) / 2 + dx, (from[1] + to[1]) / 2 + dy, label, { anchor, style: 'small soft' }),
  ];
}
