import { describe, expect, it } from 'vitest';
import type { Message, PublishMessage } from '../../../local/engine/publish.ts';
import { arnOf, definition, PUBLISH, practice } from './practice.ts';

const TopicArn = 'arn:aws:sns:eu-north-1:123456789012:topic';

async function publishing(Arguments: object, port: PublishMessage = async () => 'message-1') {
  const published: Message[] = [];
  const machine = definition({ Tell: { Type: 'Task', Resource: PUBLISH, Arguments: { TopicArn, ...Arguments }, End: true } });
  const engine = practice({ tell: machine }, {}, undefined, (message) => {
    published.push(message);
    return port(message);
  });
  const { executionArn } = engine.startExecution({ stateMachineArn: arnOf('tell'), input: { name: 'nightly' } });
  const ended = await engine.settled(executionArn);
  return { ...ended, published, history: engine.getExecutionHistory(executionArn) };
}

describe('a task that publishes', () => {
  it('hands over topic, subject and message, and gives the id of the message', async () => {
    const { output, published, history } = await publishing({
      Subject: "{% 'Backup ' & $states.input.name & ' failed' %}",
      Message: 'line one\nline two: å',
    });

    expect(published).toEqual([{ topicArn: TopicArn, subject: 'Backup nightly failed', message: 'line one\nline two: å' }]);
    expect(output).toMatchObject({ MessageId: 'message-1', SdkHttpMetadata: { HttpStatusCode: 200 } });
    expect(history[2]).toMatchObject({
      type: 'TaskScheduled',
      taskScheduledEventDetails: { resourceType: 'sns', resource: 'publish' },
    });
  });

  it('needs no subject', async () => {
    const { published } = await publishing({ Message: 'hello' });

    expect(published).toEqual([{ topicArn: TopicArn, subject: undefined, message: 'hello' }]);
  });

  it.each([
    ['a subject of 101 characters', { Subject: 'x'.repeat(101) }],
    ['a subject of two lines', { Subject: 'one\ntwo' }],
    ['a subject that is not ASCII', { Subject: 'återställd' }],
    ['a subject that begins with a space', { Subject: ' backup' }],
    ['an empty subject', { Subject: '' }],
    ['an empty message', { Message: '' }],
  ])('fails with %s and publishes nothing', async (_, change) => {
    const { error, published } = await publishing({ Message: 'hello', ...change });

    expect({ error, published }).toEqual({ error: 'SNS.InvalidParameterException', published: [] });
  });

  it('accepts a subject of 100 characters', async () => {
    const { status } = await publishing({ Message: 'hello', Subject: 'x'.repeat(100) });

    expect(status).toBe('SUCCEEDED');
  });

  it('fails by the name of what SNS answers', async () => {
    const { error, cause } = await publishing({ Message: 'hello' }, () =>
      Promise.reject(Object.assign(new Error('Topic does not exist'), { name: 'NotFound' })),
    );

    expect({ error, cause }).toEqual({ error: 'SNS.NotFoundException', cause: 'Topic does not exist' });
  });

  it('fails with States.Runtime when its message is no text', async () => {
    const { error } = await publishing({ Message: '{% 5 %}' });

    expect(error).toBe('States.Runtime');
  });
});
