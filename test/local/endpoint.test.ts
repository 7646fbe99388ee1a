import { setTimeout as delay } from 'node:timers/promises';
import { SFNClient, StartExecutionCommand } from '@aws-sdk/client-sfn';
import { describe, expect, it, onTestFinished, vi } from 'vitest';
import { type Services, startEndpoint } from '../../local/endpoint.ts';
import { apiError } from '../../local/json-api.ts';

async function givenEndpoint(services: Partial<Services> = {}) {
  const echo = (service: string) => async (operation: string, body: unknown) => ({ service, operation, body });
  const endpoint = await startEndpoint({
    ssm: echo('ssm'),
    states: echo('states'),
    s3: async (request, response) => void response.end(`s3 ${request.method} ${request.url}`),
    ...services,
  });
  onTestFinished(endpoint.close);
  const post = (target: string, body = '{}') => fetch(endpoint.url, { method: 'POST', headers: { 'x-amz-target': target }, body });
  return { url: endpoint.url, post };
}

function silenceConsole() {
  const printed = vi.spyOn(console, 'error').mockImplementation(() => undefined);
  onTestFinished(() => printed.mockRestore());
  return printed;
}

describe('the endpoint', () => {
  it.each([
    ['AmazonSSM.SendCommand', 'ssm', 'application/x-amz-json-1.1'],
    ['AWSStepFunctions.StartExecution', 'states', 'application/x-amz-json-1.0'],
  ])('hands %s to its service', async (target, service, contentType) => {
    const { post } = await givenEndpoint();

    const response = await post(target, '{"a":1}');

    expect(await response.json()).toEqual({ service, operation: target.split('.')[1], body: { a: 1 } });
    expect(response.headers.get('content-type')).toBe(contentType);
  });

  it('hands everything else to S3', async () => {
    const { url } = await givenEndpoint();

    const response = await fetch(`${url}/bucket/key?uploads`, { method: 'PUT', body: 'data' });

    expect(await response.text()).toBe('s3 PUT /bucket/key?uploads');
  });

  it('sends refusals as the AWS SDK expects them', async () => {
    const states = async () => Promise.reject(apiError('StateMachineDoesNotExist', 'none of that name'));
    const { url } = await givenEndpoint({ states });
    const client = new SFNClient({ endpoint: url, region: 'eu-north-1', credentials: { accessKeyId: 'a', secretAccessKey: 'b' } });
    onTestFinished(() => client.destroy());

    const sending = client.send(new StartExecutionCommand({ stateMachineArn: 'arn' }));

    await expect(sending).rejects.toMatchObject({
      name: 'StateMachineDoesNotExist',
      message: 'none of that name',
      $metadata: { httpStatusCode: 400 },
    });
  });

  it.each([
    ['a service that it does not have', 'DynamoDB_20120810.PutItem', '{}', 'UnknownOperationException'],
    ['a body that is not JSON', 'AmazonSSM.SendCommand', '{', 'SerializationException'],
  ])('refuses %s', async (_, target, body, type) => {
    const { post } = await givenEndpoint();

    const response = await post(target, body);

    expect([response.status, response.headers.get('x-amzn-errortype')]).toEqual([400, type]);
    expect(await response.json()).toEqual({ __type: type, message: expect.any(String) });
  });

  it('carries out nothing whose signature is not good', async () => {
    const ssm = vi.fn();
    const verify = vi.fn(() => {
      throw new Error('signed by nobody');
    });
    const { post } = await givenEndpoint({ ssm, verify });

    const response = await post('AmazonSSM.SendCommand', '{"a":1}');

    expect(await response.json()).toEqual({ __type: 'InvalidSignatureException', message: 'signed by nobody' });
    expect(verify).toHaveBeenCalledWith(expect.anything(), Buffer.from('{"a":1}'), 'ssm');
    expect(ssm).not.toHaveBeenCalled();
  });

  it('answers a defect of a service with 500 and prints it', async () => {
    const printed = silenceConsole();
    const defect = async () => Promise.reject(new TypeError('not a function'));
    const { url, post } = await givenEndpoint({ ssm: defect, s3: defect });

    const responses = [await post('AmazonSSM.SendCommand'), await fetch(url)];

    expect(responses.map(({ status }) => status)).toEqual([500, 500]);
    expect(printed).toHaveBeenCalledTimes(2);
  });

  it.each([
    ['ssm', 'AmazonSSM.SendCommand'],
    ['s3', ''],
  ] as const)('is closed only when %s has done what it was asked before', async (service, target) => {
    const events: string[] = [];
    const endpoint = await startEndpoint({
      ...{ ssm: async () => ({}), states: async () => ({}), s3: async () => undefined },
      [service]: async () => {
        events.push('asked');
        await delay(50);
        events.push('done');
      },
    });
    const request = fetch(endpoint.url, { method: 'POST', headers: target ? { 'x-amz-target': target } : {}, body: '{}' });
    const hungUp = expect(request).rejects.toThrow('fetch failed');
    await vi.waitFor(() => expect(events).toEqual(['asked']));

    await endpoint.close();

    expect(events).toEqual(['asked', 'done']);
    await hungUp;
  });
});
