/** The errors of the REST catalog specification, by the names that Iceberg's clients turn into exceptions. */
import { isEngineError } from '../model/errors.ts';

const statusOf = {
  BadRequestException: 400,
  ForbiddenException: 403,
  NoSuchNamespaceException: 404,
  NoSuchTableException: 404,
  NotFoundException: 404,
  UnsupportedOperationException: 406,
  AlreadyExistsException: 409,
  NamespaceNotEmptyException: 409,
  CommitFailedException: 409,
  UnprocessableEntityException: 422,
  InternalServerError: 500,
  CommitStateUnknownException: 503,
} as const;
type RestErrorType = keyof typeof statusOf;

export class RestFault extends Error {
  readonly type: RestErrorType;

  constructor(type: RestErrorType, message: string) {
    super(message);
    this.name = 'RestFault';
    this.type = type;
  }
}

export type CatalogReply = Readonly<{ status: number; body: unknown }>;

/** Any thrown value as a reply; what nobody foresaw is a 500 that says so. */
export function faultReply(error: unknown): CatalogReply {
  const type = error instanceof RestFault ? error.type : typeOf(error);
  const message = error instanceof Error ? error.message : String(error);
  const code = statusOf[type];
  return { status: code, body: { error: { message, type, code } } };
}

function typeOf(error: unknown): RestErrorType {
  if (!isEngineError(error)) return 'InternalServerError';
  switch (error.code) {
    case 'CONFLICT':
      return 'CommitFailedException';
    case 'INVALID_OPTION':
      return 'BadRequestException';
    case 'UNSUPPORTED':
      return 'UnsupportedOperationException';
    case 'NOT_FOUND':
      return 'NotFoundException';
    default:
      return 'InternalServerError';
  }
}
