-- The first part of a restore's one transaction: what was here goes, and comes back when it fails.
BEGIN;
SET LOCAL client_min_messages = warning;
DROP SCHEMA IF EXISTS gridward CASCADE;
DROP SCHEMA IF EXISTS queue CASCADE;
