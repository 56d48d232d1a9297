import { accessSync } from "node:fs";
import { createRequire } from "node:module";
import { parentPort } from "node:worker_threads";
import { Resvg } from "@resvg/resvg-js";
import { BarChart, HeatmapChart, LineChart } from "echarts/charts";
import { GridComponent, MarkLineComponent, TitleComponent, VisualMapComponent } from "echarts/components";
import { init, use } from "echarts/core";
import { LabelLayout } from "echarts/features";
import { SVGRenderer } from "echarts/renderers";
import { messageOf } from "../../kernel/errors.ts";
import { type Chart, HEIGHT, WIDTH } from "./chart.ts";
import { optionOf } from "./option.ts";

/** Runs in a thread of its own: drawing takes a hundred milliseconds in which no click could be acknowledged. */
const port = parentPort;
if (port === null) throw new Error("the painter's worker runs in a worker thread only");

use([
  BarChart,
  HeatmapChart,
  LineChart,
  GridComponent,
  MarkLineComponent,
  TitleComponent,
  VisualMapComponent,
  LabelLayout,
  SVGRenderer,
]);

/** Shipped with us: without a font every text vanishes from the picture and nobody is told. */
const FONTS = ["DejaVuSans.ttf", "DejaVuSans-Bold.ttf"].map((file) => {
  const path = createRequire(import.meta.url).resolve(`dejavu-fonts-ttf/ttf/${file}`);
  accessSync(path);
  return path;
});

function paint(chart: Chart): Uint8Array {
  const drawing = init(null, null, { renderer: "svg", ssr: true, width: WIDTH, height: HEIGHT });
  try {
    drawing.setOption(optionOf(chart));
    const picture = new Resvg(drawing.renderToSVGString(), {
      fitTo: { mode: "width", value: WIDTH * 2 },
      font: { fontFiles: FONTS, loadSystemFonts: false, defaultFontFamily: "DejaVu Sans" },
    });
    return picture.render().asPng();
  } finally {
    drawing.dispose();
  }
}

port.on("message", ({ id, chart }: { id: number; chart: Chart }) => {
  try {
    port.postMessage({ id, png: paint(chart) });
  } catch (error) {
    port.postMessage({ id, error: messageOf(error) });
  }
});
