import { randomUUID } from 'node:crypto';
import type { Message, PublishMessage } from '../engine/publish.ts';
import { apiError } from '../json-api.ts';

/** SNS topics that keep what is published to them, in order. */
export interface Topics {
  readonly arns: readonly string[];
  readonly messages: readonly Message[];
  readonly publish: PublishMessage;
}

export function createTopics(arns: readonly string[]): Topics {
  const messages: Message[] = [];
  return {
    arns,
    messages,
    async publish(message) {
      if (!arns.includes(message.topicArn)) throw apiError('NotFound', `There is no topic ${message.topicArn}`);
      messages.push(message);
      return randomUUID();
    },
  };
}
