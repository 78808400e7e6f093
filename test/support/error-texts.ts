/** Texts of `OverallStatus` after `Error: `, as users of live accounts report them. */
export const errorTexts = {
  timeout:
    'Timeout expired.  The timeout period elapsed prior to completion of the operation or the server is not responding.',
  executionTimeout:
    'Execution Timeout Expired.  The timeout period elapsed prior to completion of the operation or the server is not responding.',
  unknownProperty: 'The Request Property(s) Bogus do not match with the fields of SentEvent retrieve',
  unknownObjectType:
    'Unable to find a handler for object type: Bogus. Object types are case-sensitive, check spelling.',
  invalidColumn: "Invalid column name 'Bogus'.",
  permission: 'API Permission Failed. Please check the permissions of the user.',
  continueUnknown: 'The RequestID sent through ContinueRequest does not exist.',
  unknownFilter: 'Unknown filter of type FilterPart encountered',
  incorrectSyntax: "Incorrect syntax near the keyword 'AND'.",
  filterArrayNull: 'Invalid argument for the equals operator. Filter array cannot be null.',
  objectReference: 'Object reference not set to an instance of an object.',
  noRows: 'No rows were found',
  deadlock:
    'Transaction (Process ID 61) was deadlocked on lock resources with another process and has been chosen as the deadlock victim. Rerun the transaction.',
  concurrency: 'Concurrency violation: the UpdateCommand affected 0 of the expected 1 records.',
  unknown: 'Something that was never seen before happened',
} as const;
