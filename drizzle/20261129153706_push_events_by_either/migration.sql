-- The languages of events take pushes by RTMP and by SRT: all their sessions are of one type, whatever one of them was made for. What
-- passphrases are missing is made by the encoders that take them next, since no statement can encrypt one.
UPDATE "sessions" SET "input_type" = 'RTMP_PUSH' WHERE "event_id" IS NOT NULL AND "input_type" = 'SRT_PUSH';
