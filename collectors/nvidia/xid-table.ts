// NVIDIA's Xid catalogue as data: code, mnemonic, NVIDIA's title and immediate action (Xid catalogue of 2025-10, Ampere and
// newer; 162–172 carry no action there, 173–176 come from the open kernel modules' nverror.h), and what it means in our words.
// A pure table: severity and scope follow from the action by the rules of xid-catalogue.ts, `level` where no action is given.
import type { Severity } from '../../otel/signal.ts';

export type XidRow = {
  readonly code: number;
  readonly mnemonic: string;
  readonly description: string;
  /** Immediate action in NVIDIA's spelling; `NONE` where the catalogue gives none. */
  readonly action: string;
  readonly meaning: string;
  /** Only where the action does not decide it. */
  readonly level?: Severity;
};

const row = (
  code: number,
  mnemonic: string,
  description: string,
  action: string,
  meaning: string,
  level?: Severity,
): XidRow => {
  const base = { code, mnemonic, description, action, meaning };
  return level === undefined ? base : { ...base, level };
};

const NVLINK = 'WORKFLOW_NVLINK5_ERR';

// biome-ignore format: one row per line reads as the table it is
export const XID_TABLE: readonly XidRow[] = [
  row(8, 'RC_FIFO_ERROR_IDLE_TIMEOUT', 'GPU stopped processing', 'RESTART_APP', 'a channel made no progress in time; its program is stuck or was killed'),
  row(11, 'RC_GR_ERROR_MISSING_HW', 'Invalid or corrupted push buffer stream', 'RESTART_APP', 'a program sent work that the hardware does not know'),
  row(13, 'RC_GR_EXCEPTION', 'Graphics Engine Exception', 'RESTART_APP', 'a kernel of a program did something illegal: bad address, bad instruction, out of range'),
  row(25, 'RC_GR_ILLEGAL_NOTIFY', 'Invalid or illegal push buffer stream', 'RESTART_APP', 'a program sent an illegal notification'),
  row(31, 'RC_FIFO_ERROR_MMU_ERR_FLT', 'GPU memory page fault', 'RESTART_APP', 'a program touched GPU memory that is not mapped for it, like a segmentation fault'),
  row(32, 'RC_PBDMA_ERROR', 'Invalid or corrupted push buffer stream', 'RESTART_APP', 'the work queue of a program arrived damaged; can also be the PCIe link'),
  row(37, 'RC_FECS_ERR_UNIMP_FIRMWARE_METHOD', 'Driver firmware error', 'IGNORE', 'the context-switch firmware met a request it does not know'),
  row(38, 'RC_FECS_ERR_WATCHDOG_TIMEOUT', 'Driver firmware error', 'IGNORE', 'the context-switch firmware did not answer in time'),
  row(39, 'RC_CE0_ERROR', 'Copy Engine Exception', 'RESTART_APP', 'a copy engine failed while moving data for a program'),
  row(43, 'RC_RESETCHANNEL_VERIF_ERROR', 'GPU stopped processing', 'IGNORE', "a program's channel was stopped after its own fault; the GPU is well"),
  row(44, 'RC_GR_FAULT_DURING_CTXSW', 'Graphics Engine fault during context switch', 'IGNORE', 'the graphics engine faulted while changing from one program to another'),
  row(45, 'RC_PREEMPTIVE_REMOVAL', 'Preemptive cleanup, due to previous errors', 'WORKFLOW_XID_45', 'channels of a program are torn down after an earlier fault or a killed process'),
  row(46, 'RC_GPU_TIMEOUT_ERROR', 'GPU stopped processing', 'RESET_GPU', 'the GPU stopped answering the driver in time'),
  row(48, 'RC_GPU_ECC_DBE', 'Double Bit ECC Error', 'WORKFLOW_XID_48', 'a memory error of two bits that could not be corrected'),
  row(54, 'SILENT_RUNNING_PWR_REDUCED_CLOCKING', 'Auxiliary power is not connected to the GPU board', 'CHECK_MECHANICALS', 'the power cable of the board is missing or loose', 'ERROR'),
  row(56, 'DISPLAY_CHANNEL_EXCEPTION', 'Display Engine error', 'CONTACT_SUPPORT', 'the display engine failed'),
  row(57, 'FB_LINK_TRAINING_FAILURE_ERROR', 'Error programming video memory interface', 'CONTACT_SUPPORT', 'the memory interface could not be trained'),
  row(58, 'FB_MEMORY_ERROR', 'Unstable video memory interface detected', 'CONTACT_SUPPORT', 'the memory interface is unstable'),
  row(59, 'PMU_ERROR', 'Internal micro-controller error (older drivers)', 'CONTACT_SUPPORT', 'the power micro-controller failed (older drivers)'),
  row(60, 'RC_SEC2_ERROR', 'Video processor exception', 'RESTART_APP', 'the security and video processor failed'),
  row(61, 'PMU_BREAKPOINT', 'Internal micro-controller breakpoint/warning (newer drivers)', 'CONTACT_SUPPORT', 'the power micro-controller stopped at a breakpoint'),
  row(62, 'PMU_HALT_ERROR', 'Internal micro-controller halt (newer drivers)', 'RESET_GPU', 'the power micro-controller halted; clocks and power are no longer managed'),
  row(63, 'INFOROM_DRAM_RETIREMENT_EVENT', 'GPU memory remapping event', 'IGNORE', 'a bad memory row or page was set aside; it is active after a reset'),
  row(64, 'INFOROM_DRAM_RETIREMENT_FAILURE', 'GPU memory remapping failure', 'RESET_GPU', 'a bad memory row or page could not be set aside'),
  row(66, 'RC_FECS_ERR_REG_ACCESS_VIOLATION', 'Illegal access by driver', 'IGNORE', 'the driver touched a register that it must not'),
  row(67, 'RC_FECS_ERR_VERIF_VIOLATION', 'Illegal access by driver', 'IGNORE', "the driver's access failed verification"),
  row(68, 'RC_NVDEC0_ERROR', 'NVDEC0 Exception', 'RESTART_APP', 'the video decoder failed, often on a damaged stream'),
  row(69, 'RC_GR_CLASS_ERROR', 'Graphics Engine class error', 'RESTART_APP', 'a program used a graphics class or method wrongly'),
  row(74, 'NVLINK_ERROR', 'NVLINK Error', 'WORKFLOW_NVLINK_ERR', 'a link between GPUs failed: cable, connector, switch or the other side'),
  row(78, 'VGPU_START_ERROR', 'vGPU Start Error', 'UPDATE_SWFW', 'a virtual GPU could not start: versions of host and guest do not fit'),
  row(79, 'RC_GPU_HAS_FALLEN_OFF_THE_BUS', 'GPU has fallen off the bus', 'RESTART_BM', 'the GPU is gone from the PCIe bus: power, heat, seating or a dead board', 'FATAL'),
  row(80, 'PBDMA_PUSHBUFFER_CRC_MISMATCH', 'Corrupted data sent to GPU', 'RESTART_APP', "the work queue's checksum is wrong on arrival"),
  row(82, 'RC_NVJPG0_ERROR', 'NVJPG0 Error', 'RESTART_APP', 'a JPEG engine failed'),
  row(83, 'RC_NVDEC1_ERROR', 'NVDEC1 Error', 'RESTART_APP', 'the second video decoder failed'),
  row(84, 'RC_NVDEC2_ERROR', 'NVDEC2 Error', 'RESTART_APP', 'the third video decoder failed'),
  row(86, 'RC_OFA0_ERROR', 'OFA Exception', 'RESTART_APP', 'the optical-flow engine failed'),
  row(88, 'RC_NVDEC3_ERROR', 'NVDEC3 Error', 'RESTART_APP', 'the fourth video decoder failed'),
  row(89, 'RC_NVDEC4_ERROR', 'NVDEC4 Error', 'RESTART_APP', 'the fifth video decoder failed'),
  row(92, 'EXCESSIVE_SBE_INTERRUPTS', 'High single-bit ECC error rate', 'IGNORE', 'single-bit memory errors are corrected unusually often'),
  row(93, 'INFOROM_ERASE_LIMIT_EXCEEDED', 'Non-fatal violation of provisioned InfoROM wear limit', 'IGNORE', "the board's persistent memory was written more often than planned"),
  row(94, 'RC_CONTAINED_ERROR', 'Contained memory error', 'RESTART_APP', 'a memory error was held to the one program it hit'),
  row(95, 'RC_UNCONTAINED_ERROR', 'Uncontained memory error', 'RESET_GPU', 'a memory error could not be held to one program: all of them may be wrong'),
  row(99, 'RC_NVJPG1_ERROR', 'NVJPG1 Error', 'RESTART_APP', 'the second JPEG engine failed'),
  row(106, 'SMBPBI_TEST_MESSAGE', 'SMBPBI Test Message', 'IGNORE', 'a test message of the management bus'),
  row(107, 'SMBPBI_TEST_MESSAGE_SILENT', 'SMBPBI Test Message Silent', 'IGNORE', 'a silent test message of the management bus'),
  row(109, 'RC_CTXSW_TIMEOUT_ERROR', 'Context Switch Timeout Error', 'RESET_GPU', 'a change of context did not finish in time'),
  row(110, 'SEC_FAULT_ERROR', 'Security Fault Error', 'RESET_GPU', 'the security hardware found a fault'),
  row(119, 'GSP_RPC_TIMEOUT', 'GSP RPC Timeout', 'RESET_GPU', "the GPU's system processor did not answer; whoever is named was only waiting"),
  row(120, 'GSP_ERROR', 'GSP Error', 'RESET_GPU', "the GPU's system processor failed; whoever is named was only waiting"),
  row(121, 'C2C_ERROR', 'C2C Error', 'IGNORE', 'the chip-to-chip link had an error'),
  row(122, 'SPI_PMU_RPC_READ_FAIL', 'SPI PMU RPC Read Failure', 'CONTACT_SUPPORT', "the board's flash could not be read"),
  row(123, 'SPI_PMU_RPC_WRITE_FAIL', 'SPI PMU RPC Write Failure', 'CONTACT_SUPPORT', "the board's flash could not be written"),
  row(124, 'SPI_PMU_RPC_ERASE_FAIL', 'SPI PMU RPC Erase Failure', 'CONTACT_SUPPORT', "the board's flash could not be erased"),
  row(125, 'INFOROM_FS_ERROR', 'Inforom FS Failure', 'CONTACT_SUPPORT', "the file system of the board's persistent memory is broken"),
  row(136, 'ALI_TRAINING_FAIL', 'Link Training Failed', 'RESET_GPU', 'an NVLink could not be trained'),
  row(137, 'NVLINK_PRIV_ERR', 'NVLink Privilege Error', 'IGNORE', "an NVLink access was not permitted, mostly a program's fault across GPUs"),
  row(140, 'UNRECOVERABLE_ECC_ERROR_ESCAPE', 'ECC Unrecovered Error', 'RESET_GPU', 'a memory error escaped both correction and containment'),
  row(141, 'RC_FAST_PATH_ERROR', 'CUDA Fast Path Error', 'IGNORE', 'the fast path of a CUDA program failed'),
  row(142, 'RC_NVENC3_ERROR', 'NVENC3 Error', 'CONTACT_SUPPORT', 'the fourth video encoder failed'),
  row(143, 'GPU_INIT_ERROR', 'GPU Initialization Error', 'RESET_GPU', 'the GPU could not be initialised'),
  row(144, 'NVLINK_SAW_ERROR', 'NVLINK: SAW Error', NVLINK, 'an NVLink error that the SAW unit of the link reports'),
  row(145, 'NVLINK_RLW_ERROR', 'NVLINK: RLW Error', NVLINK, 'an NVLink error that the RLW unit of the link reports'),
  row(146, 'NVLINK_TLW_ERROR', 'NVLINK: TLW Error', NVLINK, 'an NVLink error that the TLW unit of the link reports'),
  row(147, 'NVLINK_TREX_ERROR', 'NVLINK: TREX Error', NVLINK, 'an NVLink error that the TREX unit of the link reports'),
  row(148, 'NVLINK_NVLPW_CTRL_ERROR', 'NVLINK: NVLPW_CTRL Error', NVLINK, 'an NVLink error that the NVLPW_CTRL unit of the link reports'),
  row(149, 'NVLINK_NETIR_ERROR', 'NVLINK: NETIR Error', NVLINK, 'an NVLink error that the NETIR unit of the link reports'),
  row(150, 'NVLINK_MSE_ERROR', 'NVLINK: MSE Error', NVLINK, 'an NVLink error that the MSE unit of the link reports'),
  row(151, 'RC_KEY_ROTATION_ERROR', 'Key rotation Error', 'RESTART_VM', 'encryption keys could not be rotated'),
  row(152, 'RC_DLA_SMMU_ERROR', 'DLA SMMU Error', 'IGNORE', 'the deep-learning accelerator touched unmapped memory'),
  row(153, 'RC_DLA_TIMEOUT', 'DLA timeout Error', 'IGNORE', 'the deep-learning accelerator did not answer in time'),
  row(154, 'GPU_RECOVERY_ACTION_CHANGED', 'GPU Recovery Action Changed', 'XID_154', 'a change of state: what the driver now asks for so that the GPU gets well'),
  row(155, 'NVLINK_SW_DEFINED_ERROR', 'NVLINK: SW Defined Error', 'RESET_GPU', 'NVLink: a fault that software reports'),
  row(156, 'RESOURCE_RETIREMENT_EVENT', 'Resource Retirement Event', 'RESET_GPU', 'a unit of the GPU was set aside; it is active after a reset'),
  row(157, 'RESOURCE_RETIREMENT_FAILURE', 'Resource Retirement Failure', 'IGNORE', 'a unit of the GPU could not be set aside'),
  row(158, 'GPU_FATAL_TIMEOUT', 'GPU Fatal Timeout', 'RESET_GPU', 'an access inside the GPU ended in a fatal time-out'),
  row(159, 'RC_CHI_NON_DATA_ERROR', 'CHI Non-Data Error', 'CHECK_UVM', 'an error on the coherent interface without data'),
  row(160, 'CHANNEL_RETIREMENT_EVENT', 'Channel Retirement Event', 'IGNORE', 'a memory channel was set aside'),
  row(161, 'CHANNEL_RETIREMENT_FAILURE', 'Channel Retirement Failure', 'IGNORE', 'a memory channel could not be set aside'),
  row(162, 'PSHC_REENGAGED', 'Power Smoothing HW Circuitry capability reengaged', 'NONE', 'the power-smoothing hardware works again', 'INFO'),
  row(163, 'PSHC_DISENGAGED', 'Power Smoothing HW Circuitry capability disengaged', 'NONE', 'the power-smoothing hardware switched itself off', 'ERROR'),
  row(164, 'PSHC_LOW_LIFETIME', 'Power Smoothing HW Circuitry low lifetime reached', 'NONE', 'the power-smoothing hardware is near the end of its life', 'INFO'),
  row(165, 'PSHC_ZERO_LIFETIME', 'Power Smoothing HW Circuitry lifetime exhausted', 'NONE', 'the power-smoothing hardware is at the end of its life', 'INFO'),
  row(166, 'NVLINK_SECURE_CRYPTO_ERR', 'CC traffic seen prior to link properly being configured for encrypted traffic', 'NONE', 'encrypted traffic came before its link was set up for it', 'ERROR'),
  row(167, 'PCIE_FATAL_TIMEOUT', 'PCIe fatal timeout', 'NONE', 'a PCIe access ended in a fatal time-out', 'ERROR'),
  row(168, 'REDUCED_GPU_MEMORY_CAPACITY', 'Errors found in WPR (write-protected region)', 'NONE', 'memory in a protected region is broken; the GPU has less memory now', 'WARN'),
  row(169, 'SEC2_HALT_ERROR', 'Internal micro-controller halt', 'NONE', 'the security micro-controller halted', 'ERROR'),
  row(170, 'NVLINK_SECURE_OTHER', 'Interrupt seen in CC mode', 'NONE', 'an unexpected interrupt in confidential-compute mode', 'WARN'),
  row(171, 'UNCORRECTABLE_DRAM_ERROR', 'Uncorrectable DRAM error (with Xid 48)', 'NONE', 'details of a two-bit error: it was in the DRAM', 'WARN'),
  row(172, 'UNCORRECTABLE_SRAM_ERROR', 'Uncorrectable SRAM error (with Xid 48)', 'NONE', 'details of a two-bit error: it was in the SRAM of the chip', 'ERROR'),
  row(173, 'C2C_FATAL_LINK_FAILURE', 'C2C fatal link failure', 'NONE', 'the chip-to-chip link is down for good', 'ERROR'),
  row(174, 'RC_RESETCHANNEL_KILL_PROCESS_SILENT', 'Channel reset, process killed silently', 'NONE', 'a program was ended together with its channel', 'INFO'),
  row(175, 'MEMORY_SUBSYSTEM_ERROR', 'Memory subsystem error', 'NONE', 'the memory subsystem of the GPU failed', 'ERROR'),
  row(176, 'PCIE_CORRECTABLE_ERROR_FAULT', 'PCIe correctable errors', 'NONE', 'the PCIe link corrects unusually many errors', 'WARN'),
];
