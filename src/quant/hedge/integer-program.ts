import { QuantError } from "../errors.ts";

/** The package's types are written for CommonJS: a dynamic import's default export lies one level higher than they say. */
type HighsLoader = (typeof import("highs"))["default"];

/** One variable: its price in the objective and its bounds; whole numbers where `integer`. */
export interface Column {
  readonly cost: number;
  readonly lower: number;
  readonly upper: number;
  readonly integer?: boolean;
}

/** One limit: lower ≤ Σ weight · column ≤ upper. */
export interface Row {
  readonly lower: number;
  readonly upper: number;
  /** Pairs of column index and weight. */
  readonly entries: readonly (readonly [column: number, weight: number])[];
}

/** A linear programme to be minimised, with whole-number columns where wanted. */
export interface IntegerProgram {
  readonly columns: readonly Column[];
  readonly rows: readonly Row[];
}

/** The best values found and whether they are proven best. */
export interface ProgramSolution {
  readonly values: Float64Array;
  readonly objective: number;
  /** What the objective gains per unit that each row's binding limit moves; of relaxed programmes only. */
  readonly rowPrices: Float64Array;
  readonly proven: boolean;
}

/** How long and how exactly to solve. */
interface SolveLimits {
  /** Default 2. */
  readonly seconds?: number;
  /** Stop when nothing can be better than this share; default 0.0001. */
  readonly gapRatio?: number;
  /** Let whole-number columns take any value; default false. */
  readonly relaxed?: boolean;
}

/** Solves programmes; hold on to one, because loading it costs tens of milliseconds. */
export interface ProgramSolver {
  /** Throws INFEASIBLE or NO_CONVERGENCE (no solution within the time). */
  readonly solve: (program: IntegerProgram, limits?: SolveLimits) => ProgramSolution;
}

/** Loads HiGHS (Huangfu and Hall, Math. Programming Computation 10, 2018) as WebAssembly. The solver then runs synchronously. */
export async function loadProgramSolver(): Promise<ProgramSolver> {
  const { default: loadHighs } = (await import("highs")) as unknown as { default: HighsLoader };
  const highs = await loadHighs();
  const { modelStatus, variableType } = highs.constants;
  return {
    solve: (program, { seconds = 2, gapRatio = 1e-4, relaxed = false } = {}) => {
      const { columns, rows } = program;
      const starts = new Int32Array(rows.length + 1);
      for (const [index, row] of rows.entries()) starts[index + 1] = starts[index]! + row.entries.length;
      const entries = rows.flatMap((row) => row.entries);
      const bound = (value: number): number =>
        Math.abs(value) === Infinity ? Math.sign(value) * highs.infinity : value;
      return highs.withModel(
        {
          numCols: columns.length,
          numRows: rows.length,
          colCost: Float64Array.from(columns, (column) => column.cost),
          colLower: Float64Array.from(columns, (column) => bound(column.lower)),
          colUpper: Float64Array.from(columns, (column) => bound(column.upper)),
          rowLower: Float64Array.from(rows, (row) => bound(row.lower)),
          rowUpper: Float64Array.from(rows, (row) => bound(row.upper)),
          matrix: {
            format: "csr",
            numRows: rows.length,
            numCols: columns.length,
            starts,
            indices: Int32Array.from(entries, ([column]) => column),
            values: Float64Array.from(entries, ([, weight]) => weight),
          },
          integrality: Int32Array.from(columns, (column) =>
            column.integer === true && !relaxed ? variableType.integer : variableType.continuous,
          ),
        },
        (model) => {
          model.options.set({ output_flag: false, time_limit: seconds, mip_rel_gap: gapRatio, random_seed: 1 });
          model.run();
          const status = model.getModelStatus();
          if (status === modelStatus.infeasible || status === modelStatus.unboundedOrInfeasible) {
            throw new QuantError("INFEASIBLE", "no set of trades meets every limit at once; widen a limit or a target");
          }
          const { colValue, rowDual } = model.getSolution();
          const found =
            status === modelStatus.optimal || (status === modelStatus.timeLimit && colValue.length === columns.length);
          if (!found || !Number.isFinite(model.getObjectiveValue())) {
            throw new QuantError(
              "NO_CONVERGENCE",
              "the solver found no set of trades in the time it had; allow more or fewer instruments",
            );
          }
          return {
            values: colValue,
            rowPrices: rowDual,
            objective: model.getObjectiveValue(),
            proven: status === modelStatus.optimal,
          };
        },
      );
    },
  };
}
