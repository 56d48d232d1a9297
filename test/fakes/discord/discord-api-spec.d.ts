/** The package ships these schemas as plain JavaScript. */
declare module "discord-api-spec/zod" {
  export const CreateMessageInteractionCallbackRequestSchema: unknown;
  export const MessageCreateRequestSchema: unknown;
  export const ModalInteractionCallbackRequestSchema: unknown;
  export const ApplicationCommandUpdateRequestSchema: unknown;
}
