/** What the service answers (docs/output.md); offsets count Unicode code points. */

export interface Prediction {
  label: string;
  confidence: number;
  uncertain: boolean;
  probabilities: Record<string, number>;
}

export interface Mention {
  start: number;
  end: number;
  text: string;
}

export interface Influence extends Mention {
  weight: number;
}

export interface Judgement {
  actor: string;
  name: string;
  mentions: Mention[];
  stance: Record<string, Prediction>;
  sentiment: Prediction;
  explanation?: Record<string, Influence[]>;
}

export interface Sentence {
  text: string;
  start: number;
  end: number;
  judgements: Judgement[];
}

export interface Analysis {
  id: string;
  date?: string;
  model: { name: string; version: string };
  title?: Sentence;
  sentences: Sentence[];
  actors: unknown[];
}

export interface Article {
  id: string;
  text: string;
  title?: string;
  date?: string;
}

export const SENTIMENT = "sentiment";

/** The decision of a head: a target's stance, or the sentiment. */
export function prediction(judgement: Judgement, head: string): Prediction | undefined {
  return head === SENTIMENT ? judgement.sentiment : judgement.stance[head];
}
