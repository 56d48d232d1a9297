/** What a colour of the theme is now; `name` like "--quiet". */
export const css = (name: string): string => getComputedStyle(document.documentElement).getPropertyValue(name).trim();

/** How the axes of all charts look, in both themes. */
export const AXIS = {
  stroke: () => css("--quiet"),
  grid: { stroke: () => css("--line"), width: 1 },
  ticks: { show: false },
  font: "11px system-ui, sans-serif",
};
