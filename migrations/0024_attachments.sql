-- Attachments: what a person put beside a message, as the versions of files of the project that they saw.
ALTER TABLE messages ADD COLUMN attachments TEXT CHECK (
  attachments IS NULL OR (role = 'person' AND json_valid(attachments) AND json_type(attachments) = 'array')
);
