-- Evidence is only ever added. The triggers are `always`, so that a session in replica mode meets them too; a
-- superuser or the tables' owner can still remove them, which is why signed checkpoints leave the database.
create function breakwater.refuse_change() returns trigger language plpgsql as $$
begin
  raise exception '% of breakwater.% was refused: it only takes new rows', lower(tg_op), tg_table_name
    using errcode = 'insufficient_privilege';
end $$;
--> statement-breakpoint
create trigger ledger_keeps_rows before update or delete on breakwater.ledger
  for each row execute function breakwater.refuse_change();
--> statement-breakpoint
create trigger ledger_keeps_all before truncate on breakwater.ledger
  for each statement execute function breakwater.refuse_change();
--> statement-breakpoint
create trigger votes_keeps_rows before update or delete on breakwater.votes
  for each row execute function breakwater.refuse_change();
--> statement-breakpoint
create trigger votes_keeps_all before truncate on breakwater.votes
  for each statement execute function breakwater.refuse_change();
--> statement-breakpoint
create trigger checkpoints_keeps_rows before update or delete on breakwater.checkpoints
  for each row execute function breakwater.refuse_change();
--> statement-breakpoint
create trigger checkpoints_keeps_all before truncate on breakwater.checkpoints
  for each statement execute function breakwater.refuse_change();
--> statement-breakpoint
alter table breakwater.ledger enable always trigger ledger_keeps_rows;
--> statement-breakpoint
alter table breakwater.ledger enable always trigger ledger_keeps_all;
--> statement-breakpoint
alter table breakwater.votes enable always trigger votes_keeps_rows;
--> statement-breakpoint
alter table breakwater.votes enable always trigger votes_keeps_all;
--> statement-breakpoint
alter table breakwater.checkpoints enable always trigger checkpoints_keeps_rows;
--> statement-breakpoint
alter table breakwater.checkpoints enable always trigger checkpoints_keeps_all;
--> statement-breakpoint
-- The role the program works under once the tables stand: it may add evidence, never change or remove it, and owns
-- nothing. Roles belong to the whole server, so a rival migration may have made it a moment ago. Where this user may
-- not create roles, the program goes on under its own name and says so in one line.
do $$
begin
  if not exists (select from pg_roles where rolname = 'breakwater_writer') then
    begin
      create role breakwater_writer nologin;
    exception when duplicate_object or unique_violation then null;
    end;
  end if;
  if not pg_has_role(current_user, 'breakwater_writer', 'member') then
    execute format('grant breakwater_writer to %I', current_user);
  end if;
  grant usage on schema breakwater to breakwater_writer;
  grant select, insert, update, delete on all tables in schema breakwater to breakwater_writer;
  grant usage, select on all sequences in schema breakwater to breakwater_writer;
  revoke update, delete on breakwater.ledger, breakwater.votes, breakwater.checkpoints from breakwater_writer;
  alter default privileges in schema breakwater grant select, insert, update, delete on tables to breakwater_writer;
  alter default privileges in schema breakwater grant usage, select on sequences to breakwater_writer;
exception when insufficient_privilege or undefined_object then
  raise warning 'breakwater: the database user % may not create the insert-only role breakwater_writer; triggers alone guard the ledger', current_user;
end $$;
