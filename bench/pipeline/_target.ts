/** A system that takes alerts and shows them somewhere. */
export interface Target {
  readonly pid: number;
  /** Sends one body of alerts with these numbers; resolves once it is acknowledged, with whether it was taken. */
  send(numbers: readonly number[]): Promise<boolean>;
  /** Called with the number of every alert that is shown; set it before sending. */
  onShown: (number: number) => void;
  stop(): Promise<void>;
}

/** The number in an alert's title. */
export const numberIn = (text: string): number => Number(/alert no\. (\d+) of the bench/.exec(text)?.[1] ?? -1);

/** The title that carries a number. */
export const titleOf = (number: number): string => `alert no. ${number} of the bench`;
