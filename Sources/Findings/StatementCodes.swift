// The 71 SCP-ECG statements of PTB-XL (Wagner et al. 2020): what a label may be, made by a model or not.

/// SCP-ECG codes.
public enum StatementCodes {
  /// All 71, in PTB-XL's order.
  public static let all: [String] = """
    NDT NST_ DIG LNGQT NORM IMI ASMI LVH LAFB ISC_ IRBBB 1AVB IVCD ISCAL CRBBB CLBBB ILMI
    LAO/LAE AMI ALMI ISCIN INJAS LMI ISCIL LPFB ISCAS INJAL ISCLA RVH ANEUR RAO/RAE EL WPW ILBBB
    IPLMI ISCAN IPMI SEHYP INJIN INJLA PMI 3AVB INJIL 2AVB ABQRS PVC STD_ VCLVH QWAVE LOWT NT_
    PAC LPR INVT LVOLT HVOLT TAB_ STE_ PRC(S) SR AFIB STACH SARRH SBRAD PACE SVARR BIGU AFLT
    SVTAC PSVT TRIGU
    """.split(whereSeparator: \.isWhitespace).map(String.init)
}
