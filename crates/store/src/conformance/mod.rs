//! The rules that every store keeps, one function for each, over the traits alone: each database runs all of them on an empty store.

pub(crate) mod acceptance;
pub(crate) mod access;
pub(crate) mod activity;
pub(crate) mod annotations;
pub(crate) mod audit;
pub(crate) mod catalogue;
pub(crate) mod correspondents;
pub(crate) mod depths;
pub(crate) mod events;
pub(crate) mod lists;
pub(crate) mod mailboxes;
pub(crate) mod outbox;
pub(crate) mod pushes;
pub(crate) mod queues;
pub(crate) mod replays;
pub(crate) mod retention;
pub(crate) mod runs;
pub(crate) mod samples;
pub(crate) mod tables;
pub(crate) mod threads;

/// Makes a test of each rule. `$open` is an async expression that answers an empty store behind something that derefs to it.
macro_rules! conformance {
    ($open:expr; $($topic:ident: $($rule:ident),+ ;)+) => {
        $(mod $topic {
            use super::*;
            $(
                #[tokio::test]
                async fn $rule() {
                    let opened = $open;
                    crate::conformance::$topic::$rule(&opened.store).await;
                }
            )+
        })+
    };
}

/// The whole suite.
macro_rules! every_rule {
    ($open:expr) => {
        crate::conformance::conformance! { $open;
            acceptance: keeps_what_was_offered, what_was_found_out_is_kept_with_the_mail, same_mail_is_counted_on_the_first, other_content_is_a_possible_duplicate,
                other_sender_is_not_the_same, no_message_id_is_never_a_duplicate, one_mail_for_two_routes_is_two_interactions, one_route_twice_is_counted_on_the_first,
                mail_without_a_route_is_known_by_its_address, the_window_ends, a_run_of_an_old_epoch_is_dropped, a_run_that_leads_to_a_queue_that_is_gone_is_dropped,
                a_decision_sets_the_state, a_repeated_request_is_replayed, the_summary_adds_up, many_at_once_are_all_kept;
            runs: claimed_oldest_first_and_once, a_lease_that_ran_out_is_claimed_anew, a_renewed_lease_lasts, attempts_are_counted_until_a_run_is_recorded,
                a_parked_run_is_nobodys_until_it_goes_on, a_parked_run_that_is_not_answered_goes_on_at_its_time, what_is_erased_while_its_run_is_parked_stays_erased,
                released_runs_are_no_attempts, what_was_tried_before_is_claimed_apart, only_the_lease_records, a_decision_for_a_queue_that_is_gone_is_not_kept,
                a_rerun_keeps_earlier_runs, journals_are_kept_with_their_runs, a_rerun_is_refused_while_work_is_held, erased_content_is_gone, erased_attributes_are_gone,
                erasing_one_of_two_keeps_the_other;
            queues: priority_then_age, skills_must_all_be_listed, odd_text_stands_in_nobodys_way, acknowledged_twice_is_well, a_claim_is_one_queues, released_work_is_claimed_again,
                a_lost_lease_is_refused, extended_leases_last, unrouted_work_is_claimed, a_queue_with_work_is_not_deleted, rerun_work_leaves_its_queue,
                work_is_completed_whoever_holds_it, attributes_are_added_to_those_kept, attributes_are_bounded_together_with_those_kept,
                attributes_that_were_set_outlive_runs;
            depths: what_waits_is_counted_by_queue, a_claim_that_comes_to_nothing_makes_no_work_younger,
                transferred_work_waits_anew, a_failed_forward_waits_from_then_on, late_work_is_counted_up_to_a_bound;
            outbox: what_a_run_sends_is_kept_with_it, due_ones_are_claimed_once_longest_due_first,
                no_domain_is_in_anothers_way, each_way_is_claimed_apart, a_rerun_tells_actions_that_send_to_one_webhook_apart, what_a_wrong_clock_put_off_is_carried,
                what_the_claimer_carries_is_not_claimed_again,
                a_forward_is_completed_when_everybody_has_it, a_dead_forward_stands_in_its_queue,
                a_forward_that_is_held_back_stands_in_its_queue, a_rerun_sends_what_was_never_sent,
                what_is_taken_back_under_way_may_have_arrived,
                a_rerun_during_an_attempt_keeps_the_delivery,
                what_was_withdrawn_after_an_attempt_goes_on_when_a_rerun_wants_it, automatic_answers_are_limited,
                an_answer_to_everybody_is_one, answers_that_did_not_go_out_do_not_count,
                dead_letters_are_edited_and_retried, only_what_has_its_content_is_retried,
                agents_send_transfer_and_complete, a_repeated_request_sends_once,
                what_is_erased_is_not_sent, what_still_goes_out_is_not_swept,
                the_ledger_has_each_in_one_place, a_shared_key_is_the_first_that_was_offered,
                a_shared_key_is_replaced_only_if_it_is_the_one_expected,
                answers_from_many_tasks_are_limited_together;
            activity: what_is_done_is_counted_in_its_minute, runs_are_counted_by_flow_and_hour, what_was_counted_goes_after_two_days,
                the_last_change_of_each_flow_is_told;
            annotations: a_text_is_kept_with_its_version, the_newest_text_is_found_however_many_versions_have_none, a_text_replaces_only_what_it_is_meant_for, no_two_versions_share_a_revision,
                the_same_text_again_is_no_change, positions_are_merged_node_by_node, one_flow_has_only_so_many_positions, the_ids_of_nodes_with_positions_are_only_so_long,
                what_another_holds_or_is_gone_is_not_annotated, a_deleted_flow_keeps_its_texts_and_no_positions,
                many_who_annotate_one_flow_lose_nothing;
            events: who_watches_is_told_once_it_is_committed, what_happens_is_told_as_it_stands_then, a_claim_that_runs_out_is_told, events_tell_of_no_events,
                nobody_is_told_what_nobody_listens_to, what_is_told_outlives_reruns_and_not_erasures;
            pushes: the_ledger_has_pushes_whichever_way_they_go, a_push_that_arrives_completes_the_work, claims_and_pushes_exclude_each_other, transferred_work_is_pushed,
                what_is_held_back_waits_with_the_reason, a_rerun_pushes_what_was_never_pushed,
                a_queue_that_pushes_stays_until_all_has_arrived, a_forward_that_failed_is_completed_by_a_push,
                a_push_of_an_earlier_run_is_not_tried_again, a_push_to_several_is_under_way_until_the_last_has_ended;
            lists: newest_first_page_by_page, each_filter_alone, addresses_in_either_spelling, subject_whatever_the_case, filters_together,
                quotes_and_wildcards_are_plain_text, a_failed_forward_is_unrouted_while_it_waits,
                completed_unrouted_mail_is_listed_but_waits_no_longer;
            catalogue: starts_empty, changes_add_an_epoch, an_old_epoch_conflicts, all_or_nothing, names_may_be_swapped,
                loads_what_is_published, events_newest_first, names_are_bound_later, deleted_flows_are_apart, versions_newest_first, routes_and_domains_come_and_go, terms_come_and_go, webhooks_and_secrets_come_and_go, data_actions_come_and_go,
                what_projects_applied_is_remembered_until_it_is_gone, one_of_many_writers_wins;
            access: clients_are_replaced, a_client_that_changed_meanwhile_is_not_replaced, a_new_secret_ends_tokens, tokens_are_found_by_hash, ended_tokens_are_removed,
                a_revoked_client_has_no_tokens, a_token_wants_the_secret_that_the_client_still_has, one_token_goes_alone, a_token_is_exchanged_once, sessions_go_together, a_deleted_client_is_gone_with_its_tokens, the_last_admin_stays;
            retention: contents_go_first_and_leave_the_decision, what_decisions_quote_goes_with_the_content,
                a_run_that_ends_after_the_erasure_quotes_nothing, what_is_not_completed_stays, what_is_kept_still_adds_up, what_repeats_mail_that_was_removed_is_not_counted,
                a_rerun_begins_its_time_anew, a_shared_message_stays_while_it_is_shown, small_batches_oldest_first, a_route_keeps_its_mail_for_a_time_of_its_own, the_audit_log_is_cut_by_age;
            correspondents: a_correspondent_is_found_by_every_address_of_a_mail, erasing_leaves_the_row_and_the_sums,
                what_was_sent_to_a_person_about_anothers_mail_goes, a_late_bounce_names_nobody_who_was_erased, unfinished_work_is_left_unless_it_is_forced,
                an_erasure_goes_on_where_its_node_left_it, copies_in_later_mail_of_the_thread_go,
                mail_that_is_kept_after_an_erasure_brings_no_copy_back, nothing_is_left_of_mail_that_is_accepted_during_an_erasure,
                a_run_of_anothers_mail_that_may_send_again_is_waited_for;
            tables: tables_and_schedules_come_and_go, rows_come_and_go, older_versions_still_answer, only_what_was_expected_is_changed,
                rows_page_by_page, changes_of_rows_leave_entries, a_new_content_is_one_version, a_new_content_that_is_the_same_is_none,
                nobody_sees_a_content_that_is_not_finished, an_abandoned_content_leaves_nothing, a_right_that_ran_out_is_taken_back,
                writing_nothing_keeps_a_right, who_changes_a_table_takes_back_what_stands_in_the_way,
                one_of_many_contents_wins, a_key_twice_is_told, old_versions_go, a_deleted_table_is_swept;
            mailboxes: mailboxes_come_and_go_with_all_that_is_known_of_them, one_watches_at_a_time, one_fetches_tokens_at_a_time_whoever_watches,
                messages_that_were_set_aside_are_listed_and_tried_again, folders_are_kept_under_the_lease,
                mail_is_taken_from_its_place_once, what_was_taken_is_settled_once, a_message_offered_from_many_tasks_is_taken_once;
            replays: one_node_at_a_time_begins_the_oldest, a_report_is_kept_with_what_differs,
                what_was_erased_meanwhile_is_not_kept, messages_and_last_traces_are_read_together;
            threads: who_takes_part_joins_by_what_the_mail_names, a_message_id_leads_to_the_earliest_mail_that_has_it,
                a_subject_leads_to_its_newest_mail_for_a_while, where_an_interaction_stands_in_its_thread_is_kept,
                a_thread_is_listed_by_its_id, what_is_erased_is_joined_by_a_mark_alone;
            audit: entries_newest_first_and_by_filter, a_change_that_is_refused_leaves_no_entry, every_change_leaves_its_entry;
        }
    };
}

pub(crate) use conformance;
pub(crate) use every_rule;
