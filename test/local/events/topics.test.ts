import { expect, it } from 'vitest';
import { createTopics } from '../../../local/events/topics.ts';

it('keeps messages in order and gives each an id', async () => {
  const { publish, messages } = createTopics(['arn:topic']);
  const sent = ['one', 'two'].map((message) => ({ topicArn: 'arn:topic', message }));

  const ids = [];
  for (const message of sent) ids.push(await publish(message));

  expect(messages).toEqual(sent);
  expect(new Set(ids).size).toBe(2);
});

it('knows only its own topics', async () => {
  const { publish, messages } = createTopics(['arn:topic']);

  await expect(publish({ topicArn: 'arn:other', message: 'one' })).rejects.toMatchObject({ name: 'NotFound' });
  expect(messages).toEqual([]);
});
