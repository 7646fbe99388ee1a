// What the S3 client asks of the SDK's event streams when it starts. Only SelectObjectContent uses them, which no Lambda calls.

export const eventStreamSerdeProvider = () => undefined;

export const resolveEventStreamSerdeConfig = <T>(config: T): T => config;
