/** What the API tells of figures: /openapi.json, `figures`. */

export interface Definition {
  name: string;
  area: string;
  title: string;
  kind: "count" | "duration" | "share" | "balance" | "level";
  unit: Unit;
  says: string;
  acting: string;
}

export type Unit = "cases" | "seconds" | "share";

export interface Reading {
  value: number | null;
  cases: number;
  mean: number | null;
  p90: number | null;
  low: number | null;
  high: number | null;
}

export interface Compared {
  now: Reading;
  before: Reading;
  change: number | null;
  trend: "better" | "worse" | "same" | "more" | "less" | null;
}

export interface Figure extends Compared {
  figure: Definition;
  target: number | null;
  is_met: boolean | null;
}

export interface Group extends Compared {
  key: string | null;
}

export interface Period {
  since: string;
  until: string;
  compared_since: string;
  zone: string;
  as_of: string | null;
  behind: number;
}

export interface Overview {
  figures: Figure[];
  period: Period;
}

export interface Detail extends Figure {
  period: Period;
  groups: Group[];
}

export interface Case {
  conversation: string;
  at: string;
  seconds: number | null;
  business_s: number | null;
  hit: boolean;
  queue: string | null;
  agent: string | null;
  type: string | null;
}
