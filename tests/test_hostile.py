"""What is promised of hostile input (SECURITY.md), fact by fact, and the tests that hold it.

A fact without a test, or a test that was renamed, fails here.
"""

from __future__ import annotations

from importlib import import_module

import pytest

DAMAGED, READING, UPRIGHT = "images.test_damaged", "images.test_reading", "images.test_upright"
INFLATING, NAMES, SURROUNDINGS = "images.test_inflating", "cli.test_names", "cli.test_surroundings"
OVER, STREAMS, REFUSALS, BATCHES = (
    "cli.test_overwriting",
    "cli.test_streams",
    "cli.test_refusals",
    "cli.test_batches",
)
NPY, NPZ, SAFE, TEXT = "files.test_npy", "files.test_npz", "files.test_safetensors", "kernels.test_text"
SESSION, BOUNDS = "network.onnx.test_session", "network.test_bounds"
READERS, GRAPHS, OPS, SIGNALS = (
    "kernels.test_readers",
    "network.onnx.test_graphs",
    "ops.test_refusals",
    "cli.test_signals",
)

PICTURES = {
    "an empty file": f"{DAMAGED}.test_an_empty_file_is_called_empty",
    "one byte, a signature alone": f"{DAMAGED}.test_what_is_no_picture_is_told_the_formats",
    "a PNG, a JPEG or any other format cut anywhere": f"{DAMAGED}.test_a_picture_cut_anywhere_is_refused",
    "pixels that are missing": f"{DAMAGED}.test_a_cut_png_is_called_truncated",
    "a wrong checksum of the header or of the pixels": f"{DAMAGED}.test_a_wrong_checksum_is_refused",
    "pixels that do not inflate": f"{DAMAGED}.test_corrupt_compression_is_refused",
    "a width of 0 or 2^31, a depth of 7": f"{DAMAGED}.test_a_header_that_no_png_has_is_refused",
    "a bomb, claimed or real; a note that inflates to 100 MB": (
        f"{DAMAGED}.test_bombs_are_refused_fast_and_in_little_memory_and_large_pictures_are_not"
    ),
    "pixels that inflate to far more than the picture": (
        f"{INFLATING}.test_a_file_that_blows_up_is_inflated_no_further_than_its_picture"
    ),
    "100 megapixels without a warning, more than the limit refused": (
        f"{READING}.test_a_picture_of_the_limit_is_read_and_a_larger_one_is_not"
    ),
    "a GIF of 65535x65535": f"{DAMAGED}.test_a_gif_that_claims_to_be_huge_is_refused",
    "text, HTML, SVG, PDF, MVG under a picture's name": (
        f"{DAMAGED}.test_what_is_no_picture_is_told_the_formats"
    ),
    "PostScript under a picture's name": f"{DAMAGED}.test_postscript_never_runs",
    "a picture under another format's name": f"{READING}.test_content_decides_and_not_the_name",
    "a folder": f"{BATCHES}.test_a_folder_without_recursion_fails_with_the_way_out",
    "a named pipe": f"{DAMAGED}.test_a_named_pipe_is_refused_at_once",
    "a device, a socket": f"{DAMAGED}.test_what_is_no_regular_file_is_refused",
    "no permission": f"{SURROUNDINGS}.test_without_permission_a_picture_fails_and_a_folder_too",
    "links to nowhere and in a circle": f"{DAMAGED}.test_links_that_lead_nowhere_are_refused",
    "several frames": f"{UPRIGHT}.test_of_several_frames_the_first_is_read_and_that_is_said",
    "a frame that there is, or is not": f"{BATCHES}.test_one_frame_of_several_is_chosen",
    "CMYK": f"{READING}.test_cmyk_is_converted_as_pillow_does",
    "16 bits": f"{READING}.test_sixteen_bits_are_exact",
    "1, 2 and 4 bits": f"{READING}.test_shallow_grey_fills_0_to_255",
    "palettes": f"{READING}.test_a_palette_with_transparency_equals_the_rgba_picture",
    "colours hidden under transparency": f"{UPRIGHT}.test_grey_and_colour_are_laid_over_white_alike",
    "every orientation": f"{UPRIGHT}.test_a_picture_comes_upright_however_the_camera_was_held",
    "floats": f"{READING}.test_float_tiffs_keep_their_values",
    "NaN and infinity": f"{READING}.test_nan_and_infinity_are_refused_with_their_place",
    "1x1, 1x500, 5000x1": f"{READING}.test_thin_pictures_are_pictures",
    "broken profiles, unknown chunks, trailing bytes": (
        f"{UPRIGHT}.test_unknown_chunks_and_trailing_bytes_are_passed_over"
    ),
    "notes and places in a picture": f"{SURROUNDINGS}.test_nothing_of_a_picture_but_its_pixels_reaches_a_result",
    "a TIFF in a circle": f"{DAMAGED}.test_a_tiff_whose_directories_loop_ends",
    "ten thousand frames": f"{DAMAGED}.test_ten_thousand_frames_are_counted_in_no_time",
    "a hundred thousand notes": f"{DAMAGED}.test_a_png_of_a_hundred_thousand_chunks_is_refused_in_no_time",
    "random changes": f"{DAMAGED}.test_sixty_random_mutations_give_a_result_or_a_refusal",
}

PATHS = {
    "spaces, quotes, tabs, $(), %d, @, newlines, escapes, markup, a dash in front, no UTF-8": (
        f"{NAMES}.test_a_name_is_taken_literally_and_printed_whole_on_one_line"
    ),
    "markup on a terminal": f"{NAMES}.test_on_a_terminal_too_nothing_of_a_name_is_markup_or_lost",
    "a layer's name on a terminal": f"{NAMES}.test_a_layers_name_is_printed_on_one_line_wherever_it_stands",
    "a layer's name that no file can hold": (
        f"{NAMES}.test_a_layers_name_that_no_file_can_hold_is_escaped_in_the_notes_and_refused_as_a_key"
    ),
    "any name in JSON": f"{NAMES}.test_json_has_every_name_as_it_is_on_one_line_of_utf_8",
    "a name of 255 bytes": f"{NAMES}.test_a_name_that_grows_too_long_fails_and_leaves_nothing",
    "a path of more than 4096 bytes": f"{NAMES}.test_a_path_that_is_too_long_fails",
    "one name from two folders": (
        f"{NAMES}.test_pictures_of_one_name_from_two_folders_are_kept_apart_by_their_parents"
    ),
    "two results of one name": f"{OVER}.test_two_results_of_one_name_are_refused_before_any_work",
    "one picture twice": f"{OVER}.test_one_file_in_two_spellings_is_one_file",
    "an output that is an input": f"{OVER}.test_a_picture_is_never_overwritten_by_whatever_name",
    "results among the pictures of a second run": (
        f"{BATCHES}.test_a_second_run_does_not_take_the_results_of_the_first"
    ),
    "a file where a folder should be": f"{OVER}.test_an_output_whose_folder_is_none_fails_and_makes_nothing",
    "no letters but ASCII": f"{STREAMS}.test_in_a_locale_without_letters_names_are_escaped_and_nothing_crashes",
    "narrow terminals": "cli.test_terminal.test_every_width_shows_every_value",
}

KERNELS = {
    "pickles under any name": f"{READERS}.test_a_pickle_under_any_name_is_refused_and_runs_nothing",
    "PyTorch archives": f"{READERS}.test_a_torch_archive_is_refused_with_a_way_out",
    "an NPZ of 1 MB that holds 1 GB": (
        f"{NPZ}.test_far_more_than_the_limit_in_a_small_archive_is_refused_from_the_header"
    ),
    "an NPY that claims to be huge": f"{NPY}.test_a_claimed_shape_is_checked_before_memory_is_taken",
    "an NPY that is cut": f"{NPY}.test_a_truncated_file_is_refused",
    "an NPY whose header is code, long or nested": f"{NPY}.test_a_damaged_header_is_refused_in_one_short_line",
    "what is no number, ragged rows, no values": f"{TEXT}.test_a_text_file_is_refused_with_the_line_and_the_value",
    "marks, line ends, comments": f"{TEXT}.test_comments_blank_lines_marks_and_line_ends_are_no_values",
    "UTF-16": f"{READERS}.test_json_with_a_byte_order_mark_is_read_and_utf_16_is_not",
    "code in a text": f"{READERS}.test_an_expression_in_a_text_kernel_is_not_run",
    "deep, long, double or wrong JSON": f"{READERS}.test_json_that_is_no_kernel_is_refused_with_its_place",
    "other dimensions and dtypes": f"{READERS}.test_an_array_that_is_no_kernel_is_refused",
    "a kernel larger than the picture": (
        f"{REFUSALS}.test_what_does_not_fit_this_picture_is_a_failure_with_both_sizes_and_takes_no_memory"
    ),
    "a kernel of 301x301": "ops.test_engines.test_a_kernel_of_301_by_301_is_exact_and_takes_no_time",
    "several arrays in a file": f"{NPZ}.test_several_arrays_are_listed_with_their_names_escaped",
    "damaged safetensors": f"{SAFE}.test_a_damaged_file_is_refused_in_one_line",
    "bfloat16": f"{SAFE}.test_bfloat16_is_refused_with_a_way_out",
    "weights outside of an ONNX file": f"{GRAPHS}.test_weights_in_other_files_are_never_looked_for",
    "a tensor in ONNX that claims to be huge": f"{GRAPHS}.test_a_tensor_that_claims_to_be_huge_takes_no_memory",
    "what is no ONNX file, or an empty one": f"{GRAPHS}.test_what_is_no_model_is_refused",
    "millions of empty parts in ONNX": "files.test_onnx_tensors.test_millions_of_empty_parts_take_no_memory",
    "an ONNX graph of a million nodes": f"{GRAPHS}.test_a_graph_of_more_parts_than_anybody_has_is_refused",
    "weights beside an ONNX file that would fill memory": (
        f"{SESSION}.test_weights_beside_the_model_that_take_all_memory_are_refused"
    ),
    "floats too large to add up": f"{READERS}.test_an_array_that_is_no_kernel_is_refused",
    "any mutation of any of these": "fuzz.test_fuzz.test_good_files_work_and_mutated_ones_work_or_are_refused",
}

PARAMETERS = {
    "strides, dilations, paddings, groups, pools that make no sense": f"{OPS}.test_refused",
    "the same on the command line": (
        f"{REFUSALS}.test_a_bad_value_is_told_apart_from_a_good_one_before_anything_is_done"
    ),
    "a window larger than the picture": (
        "cli.test_pool.test_a_window_larger_than_the_picture_fails_with_both_sizes"
    ),
    "ceil mode's window that hangs over": "cli.test_pool.test_rounding_up_lets_a_larger_window_hang_over",
    "paddings and strides of millions": (
        f"{REFUSALS}.test_what_does_not_fit_this_picture_is_a_failure_with_both_sizes_and_takes_no_memory"
    ),
    "a single pixel reflected": "ops.test_padding.test_a_single_pixel_is_replicated_and_repeated",
    "sizes that grow without end": (
        f"{BOUNDS}.test_sizes_that_grow_without_end_are_refused_where_they_leave_all_bounds"
    ),
    "fields that grow without end": f"{BOUNDS}.test_fields_that_grow_without_end_are_not_followed",
    "a key of a hundred thousand parts, a key given twice among as many": (
        f"{BOUNDS}.test_a_key_of_many_parts_is_refused_at_once"
    ),
    "layers and pools that would take hours": (
        "jobs.run.test_bounds.test_a_network_that_takes_hours_or_all_memory_is_refused"
    ),
    "a name that is unknown": "cli.test_main.test_what_is_not_understood_is_answered_with_what_would_be",
}

PROCESS = {
    "a signal in the middle": f"{SIGNALS}.test_a_signal_in_the_middle_of_a_batch_ends_it_at_once_and_cleanly",
    "a signal while writing": f"{SIGNALS}.test_a_signal_while_a_file_is_being_written_leaves_no_part_of_it",
    "a signal where Python passes over exceptions": (
        f"{SIGNALS}.test_a_signal_where_python_passes_over_exceptions_ends_it_all_the_same"
    ),
    "a signal while onnxruntime never ends": f"{SIGNALS}.test_a_signal_ends_a_model_that_never_does",
    "no word of the use of onnxruntime": (
        "cli.test_run_onnx.test_onnxruntime_keeps_no_record_of_its_use_at_home"
    ),
    "killed outright": f"{SURROUNDINGS}.test_killed_outright_nothing_runs_on_and_every_result_is_whole",
    "a worker killed": f"{BATCHES}.test_a_worker_that_is_killed_costs_no_picture",
    "a full disk": f"{SURROUNDINGS}.test_a_disk_that_is_full_fails_that_file_and_keeps_the_older_one",
    "a full disk half way through a network": (
        f"{SURROUNDINGS}.test_of_a_run_that_finds_the_disk_full_what_is_left_is_said"
    ),
    "a folder that is removed": f"{SURROUNDINGS}.test_a_folder_that_is_removed_meanwhile_fails_what_is_left",
    "a reader that leaves": f"{STREAMS}.test_a_reader_that_leaves_early_is_no_traceback",
    "a full standard output": f"{STREAMS}.test_a_full_standard_output_is_one_line_and_a_failure",
    "closed streams": f"{STREAMS}.test_with_standard_output_closed_the_work_is_done_all_the_same",
    "two runs into one folder": f"{SURROUNDINGS}.test_two_runs_into_one_folder_leave_whole_files",
    "any number of workers": f"{BATCHES}.test_the_number_of_workers_changes_no_byte_and_no_line",
    "any hash seed, zone and locale": (f"{SURROUNDINGS}.test_hash_seed_time_zone_and_locale_change_no_byte"),
    "few descriptors": f"{SURROUNDINGS}.test_many_pictures_need_few_descriptors",
    "little memory": f"{BATCHES}.test_a_small_memory_limit_fails_the_large_picture_and_not_the_rest",
    "no home, no temporary folder": f"{SURROUNDINGS}.test_a_home_a_temporary_folder_and_a_locale_are_not_needed",
    "a current folder that is gone": f"{SURROUNDINGS}.test_in_a_folder_that_is_gone_whole_paths_still_work",
    "the umask": f"{OVER}.test_new_files_have_the_permissions_of_any_new_file",
    "every result opened again": (
        f"{SURROUNDINGS}.test_every_result_opens_as_png_and_is_as_large_as_shapes_says"
    ),
    "inputs left as they were": f"{OVER}.test_inputs_are_left_as_they_were",
}


@pytest.mark.parametrize(
    ("fact", "test"),
    [row for table in (PICTURES, PATHS, KERNELS, PARAMETERS, PROCESS) for row in table.items()],
    ids=lambda text: text.rpartition(".")[2][:60],
)
def test_every_fact_has_its_test(fact: str, test: str) -> None:
    module, _, name = test.rpartition(".")
    assert callable(getattr(import_module(f"tests.{module}"), name, None)), fact
